package record

import _ "embed"

// JSONSchema is the JSON Schema (draft 2020-12) of a run file, for those who read runs with other
// programs. It requires what every run has and lets properties through that later versions add.
//
//go:embed run.schema.json
var JSONSchema string

// PlanJSONSchema is that of a plan.
//
//go:embed plan.schema.json
var PlanJSONSchema string
