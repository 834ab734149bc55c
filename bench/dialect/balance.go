package dialect

import (
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"regexp"
	"strings"

	"channelbench/internal/money"
)

const (
	// ownAccount is where one-api and its descendants tell of an account. They document the key without Bearer there.
	ownAccount = "/api/user/self"
	// organization is where Runway does, which answers nobody who doesn't name the version of its API.
	organization = "/v1/organization"
)

// AskBalance builds the request for what is left of an account, from an address such as
// https://api.example.com/v1/balance.
func AskBalance(address string, key Secret) (*http.Request, error) {
	t := Target{BaseURL: address, Key: key}
	place, err := t.base()
	if err != nil {
		return nil, errors.New("balance_url is no address such as https://api.example.com/v1/balance")
	}
	if strings.HasSuffix(place.Path, ownAccount) {
		return t.to(bare, http.MethodGet, place, nil)
	}
	request, err := t.to(bearer, http.MethodGet, place, nil)
	if err == nil && strings.HasSuffix(place.Path, organization) {
		for name, value := range runwayVersion {
			request.Header.Set(name, value)
		}
	}
	return request, err
}

// quotaUnits are how many units of quota one-api and its descendants sell for a dollar, unless they are told otherwise.
const quotaUnits = 500_000

// balancePlace is where an answer may tell the balance of an account.
type balancePlace struct {
	in        string // the object that it stands in; "": the whole answer
	key       string
	less      string // key of what is to be taken off; "": nothing
	beside    string // key that must be there, or the answer is something else; "": none
	object    string // what the answer must say that it is; "": anything
	perDollar int64
}

// balances are where the balance of an account stands. A bare total_available isn't among them: OpenAI counted it in
// dollars, gateways count it in units of quota, and the answers look alike.
var balances = []balancePlace{
	{key: "balance", perDollar: 1},
	{in: "data", key: "balance", perDollar: 1},                                                   // WaveSpeed
	{in: "data", key: "available_balance", perDollar: 1},                                         // Moonshot
	{in: "data", key: "total_credits", less: "total_usage", beside: "total_usage", perDollar: 1}, // OpenRouter
	{in: "data", key: "quota", beside: "used_quota", perDollar: quotaUnits},                      // one-api, of an account
	{in: "data", key: "total_available", object: "token_usage", perDollar: quotaUnits},           // new-api, of a key
	{in: "balance_infos.0", key: "total_balance", perDollar: 1},                                  // DeepSeek
}

// creditBalances are where the balance stands of accounts in credits. Only their buyer knows what one is worth.
var creditBalances = []string{"data", "creditBalance"} // kie, Runway

// BalanceError says why an answer tells no balance. It quotes nothing that could be the key.
type BalanceError struct {
	Fault  Fault // what we did wrong; NoFault where the channel just doesn't tell
	Status int
	Why    string
}

func (e *BalanceError) Error() string { return fmt.Sprintf("%s (HTTP %d)", e.Why, e.Status) }

// Balance reads the answer to AskBalance: what is left of the account, exactly, rounded half up to the micro-dollar,
// and less than nothing where it is overdrawn. Unit is what the buyer says that a unit of it is worth; where that is 0, an
// amount is in dollars unless the answer names a currency. The error is a *BalanceError.
func Balance(r *Response, unit money.Micros) (money.Micros, error) {
	d, unreadable := parse(r.Body)
	f, stated := failureIn(d)
	cause := causeOfAnswer(r.Status, f, stated)
	refuse := func(fault Fault, why string) (money.Micros, error) {
		return 0, &BalanceError{Fault: fault, Status: r.Status, Why: why}
	}
	switch {
	case cause.fault == BadKey && (stated || r.Status != http.StatusOK), r.Status == http.StatusForbidden &&
		cause == refused:
		return refuse(BadKey, "the key may not ask for the balance")
	case stated || r.Status != http.StatusOK:
		return refuse(cause.fault, "the channel doesn't tell the balance")
	case r.Truncated || unreadable != nil:
		return refuse(NoFault, "the answer about the balance can't be read")
	}
	left, err := balanceIn(d, unit)
	if err != nil {
		return refuse(NoFault, err.Error())
	}
	return left, nil
}

// balanceIn finds the one balance that a document states.
func balanceIn(d document, unit money.Micros) (money.Micros, error) {
	if infos, is := d.at("balance_infos").value.([]any); is && len(infos) > 1 {
		return 0, errSeveral
	}
	var left money.Micros
	found := false
	for i := range balances {
		amount, told, err := balances[i].read(d, unit)
		switch {
		case err != nil:
			return 0, err
		case told && found && amount != left:
			return 0, errSeveral
		case told:
			left, found = amount, true
		}
	}
	if !found {
		return creditsIn(d, unit)
	}
	return left, nil
}

// creditsIn finds the credits that a document states, for what the buyer says that one is worth.
func creditsIn(d document, unit money.Micros) (money.Micros, error) {
	for _, key := range creditBalances {
		left, told := signed(d.at(key).text(), perUnit(unit, 1))
		switch {
		case told && unit == 0:
			return 0, errors.New("the balance is in units of which nobody says what they are worth: " +
				`add balance_unit = "$0.01", or what one is worth`)
		case told:
			return left, nil
		}
	}
	return 0, errors.New("the answer holds no balance in a place that is known to hold dollars")
}

// perUnit is what a unit is worth in micro-dollars: as the buyer says, else as there are so many to the dollar.
func perUnit(unit money.Micros, perDollar int64) *big.Rat {
	if unit > 0 {
		return big.NewRat(int64(unit), 1)
	}
	return big.NewRat(int64(money.Dollar), perDollar)
}

// read reads the balance in one place; told says whether there is one.
func (b *balancePlace) read(d document, unit money.Micros) (left money.Micros, told bool, err error) {
	in := d
	if b.in != "" {
		in = d.at(b.in)
	}
	fields, _ := in.value.(map[string]any)
	if fields[b.key] == nil || b.beside != "" && fields[b.beside] == nil || b.object != "" &&
		fields["object"] != b.object {
		return 0, false, nil
	}
	for name := range fields {
		if b.key == "balance" && name != b.key && strings.Contains(strings.ToLower(name), b.key) {
			return 0, false, errSeveral // which of them is spent can't be known
		}
	}
	for _, currency := range []string{in.first("currency", "unit"), d.first("currency", "unit")} {
		switch dollars := strings.EqualFold(currency, "USD"); {
		case unit > 0 && dollars:
			return 0, false, errors.New("the balance is in US dollars: leave balance_unit out")
		case unit == 0 && currency != "" && !dollars:
			return 0, false, errCurrency(currency)
		}
	}
	worth := perUnit(unit, b.perDollar)
	left, ok := signed(in.at(b.key).text(), worth)
	if used, counts := signed(in.at(b.less).text(), worth); b.less != "" {
		left, ok = left-used, ok && counts
	}
	if !ok {
		return 0, false, errors.New("the balance is not a number")
	}
	return left, true, nil
}

var errSeveral = errors.New("the answer holds several balances")

var currencyCode = regexp.MustCompile(`^[A-Za-z]{3}$`)

func errCurrency(code string) error {
	if !currencyCode.MatchString(code) {
		return errors.New("the balance is not in US dollars")
	}
	return errors.New("the balance is in " + strings.ToUpper(code) + ", not in US dollars")
}

// signed is worthOf for amounts that may be owed.
func signed(s string, unit *big.Rat) (money.Micros, bool) {
	owed, isOwed := strings.CutPrefix(s, "-")
	amount, ok := worthOf(owed, unit)
	if isOwed {
		amount = -amount
	}
	// Half the range is enough for anybody, and differences of two stay within it.
	return amount, ok && max(amount, -amount) < 1<<62
}
