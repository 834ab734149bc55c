package dialect

import (
	"testing"
)

// onePolled is what an order takes of this machine beyond the network: the submit is written, its answer is read, and
// that to the poll which ends the job.
func onePolled(t testing.TB, d Dialect) func() {
	t.Helper()
	at := target
	at.Model = "owner/model"
	submit, polls := exchange(t, d)
	o := orderFor(d)
	o.Token = "a-token"
	asked := d.Submitted(at, submit).Progress.Job
	for _, poll := range polls[:max(0, len(polls)-1)] {
		asked = d.Polled(at, asked, poll).Job
	}
	return func() {
		if _, err := d.Submit(at, o); err != nil {
			t.Fatal(err)
		}
		p := d.Submitted(at, submit).Progress
		if len(polls) > 0 {
			p = d.Polled(at, asked, polls[len(polls)-1])
		}
		if p.State != Completed {
			t.Fatalf("%s: %v, %s", d.Name(), p.State, p.Message)
		}
	}
}

// TestVendorsCostNoMore than OpenAI's own protocol, which is the most looked at, by a tenth: in allocations, which are
// the same on every machine.
func TestVendorsCostNoMore(t *testing.T) {
	most := 1.1 * testing.AllocsPerRun(100, onePolled(t, openAI{}))
	for _, d := range all {
		if n := testing.AllocsPerRun(100, onePolled(t, d)); n > most {
			t.Errorf("%s takes %.0f allocations, more than %.0f", d.Name(), n, most)
		}
	}
}

func BenchmarkOrder(b *testing.B) {
	for _, d := range all {
		b.Run(d.Name(), func(b *testing.B) {
			once := onePolled(b, d)
			b.ReportAllocs()
			for b.Loop() {
				once()
			}
		})
	}
}
