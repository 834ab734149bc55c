package dialect

import (
	"errors"
	"strings"
	"testing"

	"channelbench/internal/money"
)

// TestBalance is the table of what channels answer, most of it as they document it.
func TestBalance(t *testing.T) {
	tests := []struct {
		name   string
		status int // 0: 200
		body   string
		unit   money.Micros // what the scenario says; 0: nothing
		want   money.Micros
		fault  Fault
		fails  string // a part of the error; "": none
	}{
		{name: "a number", body: `{"balance":12.34}`, want: 12_340_000},
		{name: "a text", body: `{"balance":"12.34"}`, want: 12_340_000},
		{name: "a text with its sign", body: `{"balance":"$12.34"}`, want: 12_340_000},
		{name: "the mock channels", body: `{"object":"balance","currency":"USD","balance":999999999.88}`,
			want: 999_999_999_880_000},
		{name: "no float would hold it", body: `{"balance":9007199254.740993}`, want: 9_007_199_254_740_993},
		{name: "half a millionth", body: `{"balance":0.0000005}`, want: 1},
		{name: "overdrawn", body: `{"balance":-0.25}`, want: -250_000},
		{name: "nothing left", body: `{"balance":0}`},
		{name: "WaveSpeed", body: `{"code":200,"message":"success","data":{"balance":50.25}}`, want: 50_250_000},
		{name: "Moonshot",
			body: `{"code":0,"data":{"available_balance":49.58894,"voucher_balance":46.58893,"cash_balance":3.00001},"scode":"0x0","status":true}`, want: 49_588_940},
		{name: "OpenRouter", body: `{"data":{"total_credits":100.5,"total_usage":25.75}}`, want: 74_750_000},
		{name: "OpenRouter, overdrawn", body: `{"data":{"total_credits":1,"total_usage":1.5}}`, want: -500_000},
		{name: "APIYI and other accounts of one-api",
			body: `{"success":true,"message":null,"data":{"id":19489,"quota":24997909,"used_quota":10027091,"request_count":339,"access_token":"..."}}`, want: 49_995_818},
		{name: "new-api, of a key",
			body: `{"code":true,"message":"ok","data":{"object":"token_usage","total_granted":1000000,"total_used":12345,"total_available":987655,"unlimited_quota":false}}`, want: 1_975_310},
		{name: "DeepSeek in dollars",
			body: `{"is_available":true,"balance_infos":[{"currency":"USD","total_balance":"1.10","granted_balance":"0.10","topped_up_balance":"1.00"}]}`, want: 1_100_000},
		{name: "kie", body: `{"code":200,"msg":"success","data":5454.65}`, unit: 5_000, want: 27_273_250},
		{name: "kie, overdrawn", body: `{"code":200,"data":-1}`, unit: 5_000, want: -5_000},
		{name: "kie, as a text", body: `{"code":200,"data":"2"}`, unit: 5_000, want: 10_000},
		{name: "Runway", body: `{"tier":{"maxMonthlyCreditSpend":10000},"creditBalance":4711,"usage":{"models":{}}}`,
			unit: 10_000, want: 47_110_000},
		{name: "a unit rounds once", body: `{"data":0.05}`, unit: 10, want: 1},
		{name: "dear units", body: `{"balance":12.5}`, unit: 2_000_000, want: 25_000_000},
		{name: "another currency, with its worth", body: `{"currency":"CNY","balance":100}`, unit: 140_000, want: 14_000_000},
		{name: "named credits, with their worth", body: `{"unit":"credits","balance":500}`, unit: 10_000, want: 5_000_000},
		{name: "a gateway's own quota", body: `{"data":{"quota":100,"used_quota":1}}`, unit: 10_000, want: 1_000_000},
		{name: "words beside the balance", body: `{"balance":1,"data":"ok"}`, want: 1_000_000},
		{name: "a number beside the balance", body: `{"balance":1,"data":7}`, want: 1_000_000},
		{name: "small letters", body: `{"currency":"usd","balance":1}`, want: 1_000_000},
		{name: "told twice alike", body: `{"balance":1,"data":{"balance":"1.0"}}`, want: 1_000_000},

		{name: "DeepSeek in yuan",
			body: `{"is_available":true,"balance_infos":[{"currency":"CNY","total_balance":"110.00","granted_balance":"10.00","topped_up_balance":"100.00"}]}`, fails: "in CNY, not in US dollars"},
		{name: "DeepSeek in both",
			body:  `{"balance_infos":[{"currency":"USD","total_balance":"1.10"},{"currency":"CNY","total_balance":"9.00"}]}`,
			fails: "several balances"},
		{name: "kie without a unit", body: `{"code":200,"data":5454.65}`, fails: "add balance_unit"},
		{name: "Runway without a unit", body: `{"creditBalance":4711}`, fails: "add balance_unit"},
		{name: "dollars and a unit", body: `{"currency":"USD","balance":1}`, unit: 10_000, fails: "leave balance_unit out"},
		{name: "only words", body: `{"data":"ok"}`, unit: 10_000, fails: "no balance"},
		{name: "kie says no", body: `{"code":401,"msg":"You do not have access permissions","data":null}`, unit: 5_000,
			fault: BadKey, fails: "the key may not"},
		{name: "more units than money", body: `{"data":1e18}`, unit: 1_000_000, fails: "no balance"},
		{name: "credits", body: `{"unit":"credits","balance":500}`, fails: "not in US dollars"},
		{name: "SiliconFlow tells three",
			body:  `{"code":200,"data":{"balance":"0.88","chargeBalance":"88.00","totalBalance":"88.88"}}`,
			fails: "several balances"},
		{name: "two that differ", body: `{"balance":1,"data":{"balance":2}}`, fails: "several balances"},
		{name: "dollars or quota",
			body:  `{"object":"credit_summary","total_granted":500000,"total_used":0,"total_available":500000}`,
			fails: "no balance"},
		{name: "credits bought, without what is used", body: `{"data":{"total_credits":482.74}}`, fails: "no balance"},
		{name: "quota of something else", body: `{"data":{"quota":5}}`, fails: "no balance"},
		{name: "no number", body: `{"balance":"plenty"}`, fails: "not a number"},
		{name: "no number to take off", body: `{"data":{"total_credits":1,"total_usage":{}}}`, fails: "not a number"},
		{name: "an object", body: `{"balance":{"amount":1}}`, fails: "not a number"},
		{name: "a number that fills the memory", body: `{"balance":1e999999999}`, fails: "not a number"},
		{name: "more than there is", body: `{"balance":5000000000000}`, fails: "not a number"},
		{name: "null", body: `{"balance":null}`, fails: "no balance"},
		{name: "nothing", body: `{}`, fails: "no balance"},
		{name: "a list", body: `[1]`, fails: "no balance"},
		{name: "no balances", body: `{"balance_infos":[]}`, fails: "no balance"},
		{name: "no answer", fails: "can't be read"},
		{name: "a page", body: "<html>", fails: "can't be read"},
		{name: "told twice", body: `{"balance":1,"balance":2}`, fails: "can't be read"},

		{name: "401", status: 401, body: `{"success":false,"message":"No Authorization header"}`, fault: BadKey,
			fails: "the key may not ask for the balance (HTTP 401)"},
		{name: "401 without words", status: 401, fault: BadKey, fails: "the key may not"},
		{name: "403", status: 403, body: `{"success":false,"message":"no permission"}`, fault: BadKey,
			fails: "the key may not"},
		{name: "403 for the region", status: 403, body: `{"error":{"code":"unsupported_country_code","message":"no"}}`,
			fails: "doesn't tell"},
		{name: "a bad key in a 200", body: `{"error":{"code":"invalid_api_key","message":"no"}}`, fault: BadKey,
			fails: "the key may not"},
		{name: "402", status: 402, body: `{"error":{"code":"insufficient_balance","message":"no"}}`, fault: NoBalance,
			fails: "doesn't tell"},
		{name: "an error with a number", body: `{"success":false,"balance":1}`, fails: "doesn't tell"},
		{name: "404", status: 404, body: `{"balance":1}`, fails: "doesn't tell the balance (HTTP 404)"},
		{name: "500", status: 500, fails: "doesn't tell"},
		{name: "a redirect", status: 302, fails: "doesn't tell"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			status := test.status
			if status == 0 {
				status = 200
			}
			got, err := Balance(&Response{Status: status, Body: []byte(test.body)}, test.unit)
			if test.fails == "" {
				if err != nil || got != test.want {
					t.Errorf("got %v, %v, want %v", got, err, test.want)
				}
				return
			}
			var refused *BalanceError
			if !errors.As(err, &refused) || got != 0 || refused.Fault != test.fault || refused.Status != status ||
				!strings.Contains(err.Error(), test.fails) {
				t.Errorf("got %v, %#v, want %q by fault of %v", got, err, test.fails, test.fault)
			}
		})
	}
	if _, err := Balance(&Response{Status: 200, Body: []byte(`{"balance":1}`), Truncated: true}, 0); err == nil {
		t.Error("half an answer tells a balance")
	}
}

func TestAskBalance(t *testing.T) {
	for address, want := range map[string]string{
		"https://api.example.com/v1/balance":    "Bearer key-of-the-test",
		"http://127.0.0.1:8080/reverse/balance": "Bearer key-of-the-test",
		"https://api.example.com/api/user/self": "key-of-the-test",
	} {
		r, err := AskBalance(address, target.Key)
		if err != nil {
			t.Fatal(err)
		}
		if r.Method != "GET" || r.URL.String() != address || r.Body != nil || r.Header.Get("Authorization") != want ||
			r.Header.Get("Accept") != "application/json" {
			t.Errorf("%s: got %+v", address, r)
		}
	}
	for address, version := range map[string]string{
		"https://api.dev.runwayml.com/v1/organization": "2024-11-06",
		"https://api.kie.ai/api/v1/chat/credit":        "",
	} {
		r, err := AskBalance(address, target.Key)
		if err != nil || r.Header.Get("X-Runway-Version") != version {
			t.Errorf("%s: %+v, %v", address, r, err)
		}
	}
	if r, err := AskBalance("https://api.example.com/balance", Secret{}); err != nil || r.Header["Authorization"] != nil {
		t.Errorf("without a key: %+v, %v", r, err)
	}
	for _, address := range []string{"", "api.example.com", "ftp://api.example.com", "https://sk-canary@api.example.com",
		":"} {
		if _, err := AskBalance(address, target.Key); err == nil || strings.Contains(err.Error(), "canary") ||
			!strings.Contains(err.Error(), "balance_url") {
			t.Errorf("%q: %v", address, err)
		}
	}
	if _, err := AskBalance("https://api.example.com", NewSecret("sk-ca\nnary")); err == nil ||
		strings.Contains(err.Error(), "nary") {
		t.Errorf("a key over two lines: %v", err)
	}
}
