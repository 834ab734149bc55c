package dialect

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"channelbench/internal/channel"
)

// heard is a row of a vendor's table: an answer as the vendor documents or sends it, and what it means.
type heard struct {
	name   string
	poll   bool // it answers a poll of the job "j1", not a submit
	of     Job  // the job that was asked about; the empty one stands for j1 alone
	status int  // 0: 200
	header http.Header
	body   string

	// Of a submit; the zero Verdict is Lost.
	verdict Verdict
	reason  channel.Reason // of a poll, too
	fault   Fault          // of a poll, too
	pause   time.Duration  // of a poll, too
	// Of the job.
	state State
	job   Job // as remembered; of a poll, an empty one stands for j1 alone
	cost  string
	units Quantity
}

// understand holds a vendor's readers against a table of answers.
func understand(t *testing.T, d Dialect, at Target, rows []heard) {
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			r := &Response{Status: max(row.status, 0), Header: row.header, Body: []byte(row.body)}
			if r.Status == 0 {
				r.Status = http.StatusOK
			}
			a := Answer{Verdict: row.verdict, Progress: Progress{}}
			if row.poll {
				j := row.of
				if j == (Job{}) {
					j.ID = "j1"
				}
				a.Progress = d.Polled(at, j, r)
				a.Reason, a.Fault, a.RetryAfter = a.Progress.Reason, a.Progress.Fault, a.Progress.PollAfter
				if row.job == (Job{}) {
					row.job = j
				}
			} else {
				a = d.Submitted(at, r)
				if row.verdict == Lost {
					row.reason = channel.Lost
				}
			}
			if a.Verdict != row.verdict || a.Reason != row.reason || a.Fault != row.fault || a.RetryAfter != row.pause {
				t.Errorf("got %v, %v, %v, %v: %s", a.Verdict, a.Reason, a.Fault, a.RetryAfter, a.Message)
			}
			p := a.Progress
			if p.State != row.state || p.Job != row.job || p.Units != row.units {
				t.Errorf("got %+v", p)
			}
			if cost := p.Cost.String(); p.CostKnown != (row.cost != "") || p.CostKnown && cost != row.cost {
				t.Errorf("cost %s, %v; want %q", cost, p.CostKnown, row.cost)
			}
		})
	}
}

// vendorActs are the acts as vendors play them, who tell neither a country nor, most of them, an exact charge; those of
// the same name go before them.
func vendorActs(own ...act) []act {
	own = append(own,
		act{name: "delivered", seller: script{sales: sold(made)}, check: usable},
		act{name: "region", seller: script{refuse: &Refusal{Reason: channel.Region}},
			check: verdict(Answer{Verdict: Refused, Reason: channel.Region})},
		act{name: "late-failure", seller: script{sales: sold(Sale{State: Failed, Code: "server_error"})},
			check: ended(channel.Job)},
		act{name: "late-moderation", seller: script{sales: sold(Sale{State: Failed, Code: "moderation_blocked"})},
			check: ended(channel.Moderation)})
	played := map[string]bool{}
	var all []act
	for _, a := range append(own, acts...) {
		if !played[a.name] {
			all = append(all, a)
		}
		played[a.name] = true
	}
	return all
}

// charged checks what is billed for a job.
func charged(want Quantity) func(*testing.T, played) {
	return func(t *testing.T, p played) {
		if got := p.progress[len(p.progress)-1].Units; got != want {
			t.Errorf("billed %+v, want %+v", got, want)
		}
	}
}

func usable(t *testing.T, p played) {
	if why := p.footage.Unusable(p.order.Clip); why != "" || p.footage.Bytes == 0 {
		t.Errorf("the clip: %s", why)
	}
}

// ended checks why a job failed.
func ended(why channel.Reason) func(*testing.T, played) {
	return func(t *testing.T, p played) {
		last := p.answer.Progress
		if len(p.progress) > 0 {
			last = p.progress[len(p.progress)-1]
		}
		if p.answer.Verdict != Accepted || last.State != Failed || last.Reason != why || last.Message == "" {
			t.Errorf("got %+v", p)
		}
	}
}

// alike are answers that another protocol's can't be told from by what they say: an id and nothing else.
var alike = map[[2]string]string{
	{channel.MiniMax, channel.MiniMaxV2}: "the same vendor's, who may say base_resp in both",
}

// TestNothingIsMisread gives every vendor's answers to every other dialect: an order is never taken for accepted, and
// a job never for ended, by an answer of another protocol.
func TestNothingIsMisread(t *testing.T) {
	for _, from := range all {
		for _, by := range all {
			if _, is := by.(*vendor); !is || from == by {
				continue
			}
			t.Run(from.Name()+" read as "+by.Name(), func(t *testing.T) {
				submit, polls := exchange(t, from)
				if a := by.Submitted(target, submit); a.Verdict == Accepted && alike[[2]string{from.Name(), by.Name()}] == "" {
					t.Errorf("accepted: %s", submit.Body)
				}
				for _, poll := range polls {
					if p := by.Polled(target, Job{ID: "another"}, poll); p.State == Completed || p.State == Failed {
						t.Errorf("%v: %s", p.State, poll.Body)
					}
				}
			})
		}
	}
}

// exchange is what a dialect's mock half answers to an order and to the polls of its job.
func exchange(t testing.TB, d Dialect) (submit *Response, polls []*Response) {
	t.Helper()
	submit, polls, last := exchangeWith(t, d, &script{sales: sold(made)})
	if last.State != Completed {
		t.Fatalf("%s ended as %+v", d.Name(), last)
	}
	return submit, polls
}

// exchangeWith is an exchange with some seller, and what is known of the job in the end.
func exchangeWith(t testing.TB, d Dialect, s Seller) (submit *Response, polls []*Response, last Progress) {
	t.Helper()
	mux := http.NewServeMux()
	d.Routes(mux, "/v1", s)
	ask := func(r *http.Request, err error) *Response {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		answer := httptest.NewRecorder()
		mux.ServeHTTP(answer, r)
		return &Response{Status: answer.Code, Header: answer.Header(), Body: answer.Body.Bytes()}
	}
	at := target
	at.Model = "owner/model"
	submit = ask(d.Submit(at, orderFor(d)))
	last = d.Submitted(at, submit).Progress
	for last.State == InProgress && len(polls) < 10 {
		answer := ask(d.Poll(at, last.Job))
		polls = append(polls, answer)
		last = d.Polled(at, last.Job, answer)
	}
	return submit, polls, last
}

// written checks how an order is written.
func written(t *testing.T, d Dialect, at Target, want string) {
	t.Helper()
	o := order
	o.Prompt = "a cat"
	r, err := d.Submit(at, o)
	if err != nil {
		t.Fatal(err)
	}
	if body, _ := io.ReadAll(r.Body); string(body) != want {
		t.Errorf("got %s, want %s", body, want)
	}
}
