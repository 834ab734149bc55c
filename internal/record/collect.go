package record

import (
	"encoding/json"
	"fmt"
)

// Encoded is a run as it was read: a later version may have written more into it than this one knows.
type Encoded struct {
	Label string          `json:"label"`
	Run   json.RawMessage `json:"run"`
}

// Collect puts runs into one document.
func Collect(runs []Encoded) ([]byte, error) {
	document := struct {
		Schema string    `json:"schema"`
		Runs   []Encoded `json:"runs"`
	}{"channelbench/report/v1", runs}
	encoded, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("a run holds more than one JSON document: %w", err)
	}
	return append(encoded, '\n'), nil
}
