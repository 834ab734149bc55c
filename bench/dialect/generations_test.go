package dialect

import "testing"

func TestVideosGenerations(t *testing.T) {
	perform(t, generations{}, append([]act{
		{name: "delivered-later", seller: script{sales: sold(made)}, prefer: "respond-async", check: acts[0].check},
		{name: "late-failure-later", seller: acts[11].seller, prefer: "respond-async", check: acts[11].check},
	}, acts...))
}
