package mockchannel

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"channelbench/bench/dialect"
)

// keyOf is the key that a request shows.
func keyOf(r *http.Request) string {
	return strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
}

// trusts says whether a key opens the account; without one of its own the channel takes any.
func (e *seller) trusts(key string) bool {
	wanted := e.options.Secrets[e.channel.Name]
	return wanted.Reveal() == "" || key == wanted.Reveal()
}

// trusted says whether the key of a request opens the account.
func (e *seller) trusted(ctx context.Context) bool {
	return e.trusts(dialect.ShownKey(ctx).Reveal())
}

func badKey() *dialect.Refusal { return &dialect.Refusal{Fault: dialect.BadKey} }

// tellBalance answers GET <base>/balance: what is left of the account, in dollars, after all that is charged by now.
//
//	{"object":"balance","currency":"USD","balance":999999999.88}
func (e *seller) tellBalance(w http.ResponseWriter, r *http.Request) {
	if !e.trusts(keyOf(r)) {
		reply(w, http.StatusUnauthorized, failure{"Incorrect API key provided.", "invalid_request_error", "invalid_api_key"})
		return
	}
	b := e.current(time.Now())
	encode(w, http.StatusOK, struct {
		Object   string      `json:"object"`
		Currency string      `json:"currency"`
		Balance  json.Number `json:"balance"`
	}{"balance", "USD", json.Number(b.Balance.Decimal())})
}

// failure is an error in the words of OpenAI.
type failure struct {
	Message string `json:"message"`
	Type    string `json:"type"`
	Code    string `json:"code"`
}

// reply answers with an error.
func reply(w http.ResponseWriter, status int, f failure) {
	encode(w, status, struct {
		Error failure `json:"error"`
	}{f})
}

func encode(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The client may be gone; there is nobody else to tell.
	_ = json.NewEncoder(w).Encode(body)
}
