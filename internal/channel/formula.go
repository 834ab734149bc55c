package channel

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"channelbench/internal/money"
)

// framesPerSecond is what models make. A clip has one frame more than its seconds say: the first.
const framesPerSecond = 24

// Formula is the quantity that a vendor bills for a clip, such as "width * height * frames / 1024" tokens: exact
// arithmetic over what the clip measures.
type Formula struct {
	text string
	root ast.Expr
}

// Measures are what a formula may name.
var Measures = []string{"width", "height", "seconds", "frames"}

// mostFormula bounds a formula's text, and with it what its numbers can grow to.
const mostFormula = 200

// ParseFormula reads numbers, Measures, + - * / and parentheses.
func ParseFormula(text string) (*Formula, error) {
	if len(text) > mostFormula {
		return nil, fmt.Errorf("it has more than %d characters", mostFormula)
	}
	root, err := parser.ParseExpr(text)
	if err != nil {
		return nil, errors.New("it is no formula")
	}
	f := &Formula{text, root}
	return f, f.check(root)
}

func (f *Formula) String() string { return f.text }

// Equal says whether two formulas are written alike.
func (f *Formula) Equal(g *Formula) bool { return f == g || f != nil && g != nil && f.text == g.text }

// plainNumber leaves out what Go writes, too, and people don't: 0x10, 1e3, 1_000.
var plainNumber = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)

// check refuses what is no arithmetic of a clip, though Go could read it.
func (f *Formula) check(e ast.Expr) error {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return f.check(e.X)
	case *ast.BinaryExpr:
		switch e.Op {
		case token.ADD, token.SUB, token.MUL, token.QUO:
			if err := f.check(e.X); err != nil {
				return err
			}
			return f.check(e.Y)
		}
		return fmt.Errorf("it can't have %s", e.Op)
	case *ast.Ident:
		if !slices.Contains(Measures, e.Name) {
			return fmt.Errorf("a clip has no %q", e.Name)
		}
		return nil
	case *ast.BasicLit:
		if !plainNumber.MatchString(e.Value) {
			return fmt.Errorf("%s is no plain number", e.Value)
		}
		return nil
	}
	return fmt.Errorf("it can't have %q", f.text[e.Pos()-1:min(int(e.End())-1, len(f.text))])
}

// sized says whether the quantity depends on what the clip measures in pixels.
func (f *Formula) sized() bool {
	return strings.Contains(f.text, "width") || strings.Contains(f.text, "height")
}

// quantity is that of a clip in millionths of a unit, rounded up.
func (f *Formula) quantity(c Clip) (*big.Int, error) {
	frames := framesPerSecond*c.Seconds + 1
	measures := map[string]int{"seconds": c.Seconds, "frames": frames}
	if f.sized() {
		var err error
		if measures["width"], measures["height"], err = c.Size(); err != nil {
			return nil, err
		}
	}
	v, err := value(f.root, measures)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the quantity of %v: %w", c, err)
	case v.Sign() < 0:
		return nil, fmt.Errorf("the quantity of %v is less than nothing: %s", c, v.FloatString(2))
	}
	v.Mul(v, new(big.Rat).SetInt64(int64(money.Dollar))) // as many millionths as a dollar has
	up := new(big.Int).Add(v.Num(), v.Denom())
	return up.Sub(up, big.NewInt(1)).Quo(up, v.Denom()), nil
}

// value works a checked formula out.
func value(e ast.Expr, measures map[string]int) (*big.Rat, error) {
	switch e := e.(type) {
	case *ast.Ident:
		return new(big.Rat).SetInt64(int64(measures[e.Name])), nil
	case *ast.BasicLit:
		v, _ := new(big.Rat).SetString(e.Value)
		return v, nil
	case *ast.BinaryExpr:
		x, err := value(e.X, measures)
		if err != nil {
			return nil, err
		}
		y, err := value(e.Y, measures)
		if err != nil {
			return nil, err
		}
		switch e.Op {
		case token.ADD:
			return x.Add(x, y), nil
		case token.SUB:
			return x.Sub(x, y), nil
		case token.MUL:
			return x.Mul(x, y), nil
		}
		if y.Sign() == 0 {
			return nil, errors.New("it is divided by 0")
		}
		return x.Quo(x, y), nil
	}
	return value(e.(*ast.ParenExpr).X, measures)
}
