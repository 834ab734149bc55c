package dialect

import (
	"fmt"
	"time"

	"channelbench/internal/channel"
)

// CanOrder says why a channel can't be asked for a clip in its protocol; nil: it can.
func CanOrder(c *channel.Channel, clip channel.Clip) error {
	d, known := ByName(c.Protocol)
	if !known {
		return nil
	}
	if holder, holds := d.(Holder); c.Hold && (!holds || !holder.Holds()) {
		return fmt.Errorf("%s can't hold a submit until the clip is made: leave hold out", c.Protocol)
	}
	stand := NewSecret("placeholder")
	t := Target{BaseURL: c.BaseURL, Key: stand, Secret: stand, Model: c.Model, Form: c.Form, Headers: c.Headers,
		Hold: c.Hold, Now: func() time.Time { return c.AsOf }}
	if t.BaseURL == "" {
		t.BaseURL = "https://example.com"
	}
	_, err := d.Submit(t, Order{Clip: clip, Prompt: "a prompt", Token: "a-token"})
	return err
}

// Traps are those of a protocol; see Dialect.
func Traps(protocol string) []string {
	if d, known := ByName(protocol); known {
		return d.Traps()
	}
	return nil
}
