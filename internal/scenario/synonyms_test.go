package scenario

import (
	"strings"
	"testing"

	"channelbench/internal/scenario/document"
)

// TestWhatPeopleCallKeys: another name for a key is one problem, whose hint is the key.
func TestWhatPeopleCallKeys(t *testing.T) {
	for _, c := range []struct{ set, hint string }{
		{`channels.first.latency={median="20s",sigma=0.4}`, "base (base and per_second make the median)"},
		{`channels.first.latency={mean="20s",sigma=0.4}`, "base (a median, not a mean)"},
		{`channels.first.latency={base="20s",stddev=0.4}`, "sigma (the spread of the logarithm)"},
		{`channels.first.latency={base="20s",per_sec="1s",sigma=0.4}`, "per_second"},
		{`channels.first.latency={base="20s",sigma=0.4,type="lognormal"}`, "shape"},
		{`channels.first.price={per_clip="$0.12"}`, "per_call"},
		{`channels.first.price={per_video="$0.12"}`, "per_call"},
		{`channels.first.price={cost="$0.12"}`, "per_call or per_second"},
		{`channels.first.price={credits={per_sec=5},credit_price="$0.01"}`, "per_second"},
		{`channels.first.price={tiers={"4"="$0.12"}}`, "ladder"},
		{`channels.first.price={per_call="$0.12",rebate="5%"}`, "discount"},
		{`channels.first.price={per_call="$0.12",charged="on_success"}`, "billed"},
		{`channels.first.price={per_call="$0.12",date=2025-12-01}`, "as_of"},
		{`channels.first.type="reverse"`, "kind"},
		{`channels.first.endpoint="https://api.example.com"`, "base_url"},
		{`channels.first.pricing={per_call="$0.12"}`, "price"},
		{`channels.first.interval="10s"`, "poll"},
		{`channels.first.rate_limit=60`, "limits"},
		{`channels.first.limits={rpm=60}`, "requests_per_minute"},
		{`channels.first.limits={parallel=60}`, "concurrent"},
		{`channels.first.errors.failed={rate="1%"}`, "job"},
		{`channels.first.errors.refused={rate="1%"}`, "submit"},
		{`channels.first.errors.lost={rate="1%"}`, "ambiguous"},
		{`channels.first.errors.quality={rate="1%"}`, "unusable"},
		{`channels.first.errors.nsfw={rate="1%"}`, "moderation"},
		{`channels.first.errors.job={probability="1%"}`, "rate"},
		{`workload.videos=[{name="v0",weight="100%",seconds=4,resolution="720p"}]`, "share"},
		{`workload.videos=[{name="v0",share="100%",duration=4,resolution="720p"}]`, "seconds"},
		{`workload.videos=[{name="v0",share="100%",duration_s=4,resolution="720p"}]`, "seconds"},
		{`workload.videos=[{name="v0",share="100%",seconds=4,size="720p"}]`, "resolution"},
		{`workload.videos=[{name="v0",share="100%",seconds=4,resolution="720p",ratio="16:9"}]`, "aspect"},
		{`strategies.s0={steps=[{channel="first",retries=2}]}`, "attempts (the first one counts, too)"},
		{`strategies.s0={steps=[{channel="first",tries=2}]}`, "attempts"},
		{`strategies.s0={steps=[{provider="first"}]}`, "channel"},
		{`strategies.s0={steps=[{channel="first",timeout_s="90s"}]}`, "timeout"},
		{`strategies.s0={fallback=[{channel="first"}]}`, "steps"},
		{`strategies.s0={steps=[{channel="first",delay="2s"}]}`, "backoff"},
		{`retry.backoff={kind="exponential",multiplier=2}`, "factor"},
		{`retry.backoff={kind="exponential",max="9s"}`, "cap"},
		{`providers={first={kind="reverse"}}`, "channels"},
		{`workload.sla="6m"`, "promise"},
		{`workload.timeout="30m"`, "deadline"},
		{`workload.orders=1000`, "orders_per_month"},
		{`workload.clips=[]`, "videos"},
		{`decision.objective="cost"`, "minimise"},
		{`decision.constraints=["delivered >= 99%"]`, "require"},
		{`decision.budget="$9"`, "budget_per_month"},
		{`decision.current="s0"`, "baseline"},
		{`costs={undelivered="$0.00",late="$0.00",monthly={first="$9"}}`, "fixed_per_month"},
		{`bench.max_cost="$9"`, "max_spend"},
		{`bench.count=9`, "orders"},
		{`bench.strategies=["s0"]`, "run"},
	} {
		_, _, err := Load("x.toml", []byte(many()), Options{Set: []string{c.set}})
		problems, _ := err.(document.Problems)
		if want := "did you mean " + c.hint + "?"; len(problems) != 1 || problems[0].Hint != want {
			t.Errorf("%s: %v\nwant one problem and the hint %q", c.set, err, want)
		}
	}
}

// TestKnownKeysAreListedOnce: a key that is read twice is one key.
func TestKnownKeysAreListedOnce(t *testing.T) {
	_, _, err := Load("x.toml", []byte(many()), Options{Set: []string{`channels.first.price.zzzzzzzz="$0.12"`}})
	problems, _ := err.(document.Problems)
	if len(problems) != 1 || strings.Count(problems[0].Hint, "discount") != 1 || strings.Count(problems[0].Hint, "base") != 1 {
		t.Errorf("%v", err)
	}
}
