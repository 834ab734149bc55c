package follow

import (
	"math"
	"testing"

	"channelbench/internal/record"
	"channelbench/reports/reporttest"
)

func TestPooledNights(t *testing.T) {
	one := &record.Strategy{Orders: 100, Delivered: 50, CostPerDelivered: reporttest.FigureOf(1, 0.2),
		DeliveredShare: record.Figure{Value: reporttest.Ptr(0.5)},
		LatencyCDF:     []record.Point{{Seconds: 10, Share: 0.5}}}
	other := &record.Strategy{Orders: 300, Delivered: 300, CostPerDelivered: reporttest.FigureOf(2, 0.1),
		DeliveredShare: record.Figure{Value: reporttest.Ptr(1.0)},
		LatencyCDF:     []record.Point{{Seconds: 20, Share: 1}}}
	both := []*record.Strategy{one, other}
	cost, delivered := figures[0], figures[1]
	if e := delivered.Pooled(both); math.Abs(e.Value-0.875) > 1e-12 || !(e.Low < 0.875 && e.High > 0.875) {
		t.Errorf("share %+v", e)
	}
	off := math.Sqrt(50*50*0.04+300*300*0.01) / 350
	if e := cost.Pooled(both); math.Abs(e.Value-650.0/350) > 1e-12 || math.Abs(e.High-e.Value-off) > 1e-12 ||
		math.Abs(e.Value-e.Low-off) > 1e-12 {
		t.Errorf("cost %+v", e)
	}
	if e := pooledQuantile(both, 0.5); e.Value != 20 || e.Low != 20 || e.High != 20 {
		t.Errorf("median %+v", e)
	}
	if e := pooledQuantile(both, 0.12); e.Value != 10 || e.High != 20 {
		t.Errorf("quantile 0.12 %+v", e)
	}
	if e := pooledQuantile(both, 0.95); !math.IsInf(e.Value, 1) {
		t.Errorf("p95 %+v", e)
	}
	if e := delivered.Pooled(nil); !math.IsNaN(e.Value) || (Shift{Before: e, After: e}).Changed() != 0 {
		t.Errorf("nothing pooled: %+v", e)
	}
}
