package world_test

import (
	"math"
	"testing"

	"channelbench/internal/world"
)

// TestUnused: units that expire, by hand. A pack of 5,000 units for $700 that lasts for 180 days is 833 1/3 units, or
// $116.67, a month; one of 45,000 for $5,670 is 7,500 units, or $945, and its units cost $0.126 instead of $0.14.
func TestUnused(t *testing.T) {
	small, large := world.Pack{Price: 1, Least: 700.0 / 6}, world.Pack{Price: 1, Least: 945}
	dearer := world.Pack{Price: 0.14 / 0.126, Least: 700.0 / 6}
	for _, tt := range []struct {
		name    string
		packs   []world.Pack
		charged float64 // at $0.14, or $0.126 where there is a large pack
		want    float64
	}{
		{"no packs", nil, 50, 0},
		{"never used, so never bought", []world.Pack{small}, 0, 0},
		{"500 units a month: 2,000 of 5,000 are lost every 6 months", []world.Pack{small}, 500 * 0.14, 2000 * 0.14 / 6},
		{"833 1/3 units a month: a pack lasts just as long", []world.Pack{small}, 2500.0 / 3 * 0.14, 0},
		{"1,000 units a month: none is lost", []world.Pack{small}, 1000 * 0.14, 0},
		{"packs that never expire", []world.Pack{{Price: 1}}, 1, 0},
		{"few units: small packs, of which some is lost", []world.Pack{dearer, large}, 500 * 0.126, 700.0/6 - 63},
		{"1,000 units: small packs, dearer by $0.014", []world.Pack{dearer, large}, 1000 * 0.126, 14},
		{"7,000 units: the large one, of which 3,000 are lost", []world.Pack{dearer, large}, 7000 * 0.126, 3000 * 0.126 / 6},
		{"10,000 units: the large one", []world.Pack{dearer, large}, 10_000 * 0.126, 0},
	} {
		c := world.Channel{Packs: tt.packs}
		if got := c.Unused(tt.charged); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%s: %v unused, want %v", tt.name, got, tt.want)
		}
	}
}
