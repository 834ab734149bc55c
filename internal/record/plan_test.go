package record

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestPlanFitsItsSchema, one without lists and one with, and the schema the types.
func TestPlanFitsItsSchema(t *testing.T) {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(PlanJSONSchema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("plan.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("plan.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	point := WorthPoint{Orders: 150, Nights: 15, ValueUSD: 260, ErrorUSD: 20, CostUSD: 128, NetUSD: 132}
	for name, p := range map[string]*Plan{
		"empty": {Schema: PlanSchema},
		"full": {Schema: PlanSchema, BudgetUSD: ptr(90.0), Strategies: []PlannedStrategy{{Name: "forwarding"}},
			Replayed: []string{"hybrid"},
			Channels: []PlannedChannel{{Name: "forwarding"}},
			Shares:   []ShareDetection{{Figure: "delivered", NightFall: ptr(0.1)}}, Latencies: []Rise{{AllRise: ptr(0.1)}},
			Worth: &PlannedWorth{Points: []WorthPoint{point}}, Advice: []string{"a"}, Unmet: []string{"u"}, Warnings: []string{"w"}},
	} {
		var b bytes.Buffer
		if err := WritePlan(&b, p); err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(&b)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(doc); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	var root node
	if err := json.Unmarshal([]byte(PlanJSONSchema), &root); err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	compareFields(t, "plan", reflect.TypeFor[Plan](), &root, root.Defs, used)
	for name := range root.Defs {
		if !used[name] {
			t.Errorf("$defs/%s is used by nothing", name)
		}
	}
}
