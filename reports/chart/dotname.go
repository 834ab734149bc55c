package chart

import (
	"math"
	"slices"

	"gonum.org/v1/plot/vg"

	"channelbench/reports/canvas"
	"channelbench/reports/view"
)

// A dot's name stands beside it: greedy search over twelve directions and growing distances, the cheapest place first.
// A name that stands apart is tied to its dot by a thin leader.

// dot is a strategy in a plane.
type dot struct {
	view.Entry
	price  string
	at     vg.Point
	radius vg.Length
	rank   int          // the higher, the earlier it gets a name
	behind int          // how many later dots lie on it
	home   vg.Rectangle // where its name should stand
}

// dotNames is a search for the places of names.
type dotNames struct {
	page    *canvas.Page
	field   vg.Rectangle // where names may stand
	dots    []*dot       // in the order in which they are named
	lines   [][]vg.Point // what names had better not hide
	leaders [][2]vg.Point
}

// dotGaps are distances between a dot and its name. Beyond the second a leader is needed.
var dotGaps = []vg.Length{3, 9, 20, 32, 46, 64, 86, 110}

// directions are where a name may stand from its dot, and how gladly it does.
var directions = []struct {
	x, y vg.Length
	cost float64
}{
	{1, 0, 0}, {1, 1, 2}, {-1, 0, 3}, {1, -1, 3}, {-1, 1, 4}, {-1, -1, 5}, {0, 1, 6}, {0, -1, 7}, {1, 0.5, 5},
	{1, -0.5, 6}, {-1, 0.5, 7}, {-1, -0.5, 8},
}

// dotText is how a name may be written: with the price, without, and cut short.
type dotText struct {
	name, price string
	style       canvas.Style
	cost        float64
}

func (d *dot) texts() []dotText {
	small := canvas.Style{Medium: true, Size: 8.5, Halo: true}
	return []dotText{{d.Label, d.price, canvas.LabelStyle, 0}, {d.Label, "", small, 12},
		{small.Shorten(d.Label, 64), "", small, 20}}
}

func (t dotText) width() vg.Length {
	w := t.style.Width(t.name)
	if t.price != "" {
		w += 4 + t.style.Width(t.price)
	}
	return w
}

// nameSpot is a place for a name.
type nameSpot struct {
	text   dotText
	box    vg.Rectangle
	leader [][2]vg.Point // none or one
	cost   float64
}

// write names the dots, and returns how many found no room.
func (s *dotNames) write() (unnamed int) {
	for _, d := range s.dots {
		best, found := s.best(d)
		if !found {
			unnamed++
			continue
		}
		for _, l := range best.leader {
			s.page.Line(canvas.Stroke(d.Mark, 0.8), l[0], l[1])
			for _, at := range along(l) {
				s.page.Reserve(canvas.Grow(vg.Rectangle{Min: at, Max: at}, 1))
			}
		}
		s.leaders = append(s.leaders, best.leader...)
		letters := best.text.style.In(d.Text)
		at := vg.Point{X: best.box.Min.X, Y: best.box.Min.Y + letters.Below()}
		named := s.page.Write(best.text.name, at, letters, canvas.Left)
		s.page.Write(best.text.price, vg.Point{X: named.Max.X + 4, Y: at.Y},
			canvas.Style{Size: letters.Size, Color: canvas.Ink, Halo: true}, canvas.Left)
	}
	return unnamed
}

func (s *dotNames) best(d *dot) (best nameSpot, found bool) {
	best.cost = math.Inf(1)
	for _, text := range d.texts() {
		for _, gap := range dotGaps {
			for _, to := range directions {
				spot := nameSpot{text: text, box: d.beside(text, gap, to.x, to.y), cost: text.cost + float64(gap) + to.cost}
				if spot.cost < best.cost && s.try(d, gap, &spot) && spot.cost < best.cost {
					best, found = spot, true
				}
			}
		}
	}
	return best, found
}

// try tests one place, adds its leader, and makes it dearer for what it hides.
func (s *dotNames) try(d *dot, gap vg.Length, spot *nameSpot) bool {
	if !canvas.Within(s.field, spot.box) || !s.page.Free(spot.box, 1.5) {
		return false
	}
	tied := gap > dotGaps[1]
	if s.strange(d, spot.box, tied) {
		return false
	}
	if tied {
		leader := d.leader(spot.box)
		if s.blocked(d, leader) {
			return false
		}
		spot.leader = append(spot.leader, leader)
	}
	if !canvas.Within(d.home, spot.box) {
		spot.cost += 15
	}
	spot.cost += 5 * float64(crossings(spot.box, s.lines))
	return true
}

// strange says whether a name would stand beside a dot that isn't its own: nearly as near as to its own or, tied by a
// leader, near at all. Dots in one place share their neighbours.
func (s *dotNames) strange(d *dot, box vg.Rectangle, tied bool) bool {
	least := d.apart(box) + 4
	if tied {
		least = 7
	}
	return slices.ContainsFunc(s.dots, func(other *dot) bool {
		return other != d && !near(d.at, other.at) && other.apart(box) < least
	})
}

// apart is how far a box is from the dot's rim.
func (d *dot) apart(box vg.Rectangle) vg.Length {
	x := max(box.Min.X-d.at.X, d.at.X-box.Max.X, 0)
	y := max(box.Min.Y-d.at.Y, d.at.Y-box.Max.Y, 0)
	return vg.Length(math.Hypot(float64(x), float64(y))) - d.radius
}

// beside is the box of a name in one direction from the dot.
func (d *dot) beside(t dotText, gap vg.Length, x, y vg.Length) vg.Rectangle {
	half := vg.Point{X: t.width() / 2, Y: (t.style.Above() + t.style.Below()) / 2}
	away := d.radius + gap
	if x != 0 && y != 0 { // a corner is farther off than a side
		away = d.radius + 2.6 + (gap-dotGaps[0])*0.75
	}
	middle := vg.Point{X: d.at.X + x*(away+half.X), Y: d.at.Y + y*(away+half.Y)}
	return vg.Rectangle{Min: middle.Sub(half), Max: middle.Add(half)}
}

// leader is the line from the dot's rim to the nearest point of the name.
func (d *dot) leader(box vg.Rectangle) [2]vg.Point {
	end := vg.Point{X: min(max(d.at.X, box.Min.X-1), box.Max.X+1), Y: min(max(d.at.Y, box.Min.Y+2), box.Max.Y-1)}
	way := end.Sub(d.at)
	length := max(vg.Length(math.Hypot(float64(way.X), float64(way.Y))), d.radius+1)
	return [2]vg.Point{d.at.Add(way.Scale((d.radius + 1) / length)), end}
}

// blocked says whether a leader would pass through a text, another dot or another leader.
func (s *dotNames) blocked(d *dot, leader [2]vg.Point) bool {
	for _, other := range s.leaders {
		if intersect(leader, other) {
			return true
		}
	}
	for _, at := range along(leader) {
		spot := canvas.Grow(vg.Rectangle{Min: at, Max: at}, 0.5)
		for _, t := range s.page.Texts {
			if canvas.Meets(canvas.Grow(t.Box, 1), spot) {
				return true
			}
		}
		for _, other := range s.dots {
			if !d.touches(other) && canvas.Meets(canvas.Grow(vg.Rectangle{Min: other.at, Max: other.at}, other.radius), spot) {
				return true
			}
		}
	}
	return false
}

// touches says whether two dots overlap: of a heap, each must let the others' leaders out.
func (d *dot) touches(other *dot) bool {
	return math.Hypot(float64(d.at.X-other.at.X), float64(d.at.Y-other.at.Y)) < float64(d.radius+other.radius)
}

// along are points of a line, close to each other.
func along(line [2]vg.Point) []vg.Point {
	way := line[1].Sub(line[0])
	n := int(math.Hypot(float64(way.X), float64(way.Y))/2) + 1
	points := make([]vg.Point, n+1)
	for i := range points {
		points[i] = line[0].Add(way.Scale(vg.Length(i) / vg.Length(n)))
	}
	return points
}

// intersect says whether two lines cross.
func intersect(a, b [2]vg.Point) bool {
	side := func(l [2]vg.Point, p vg.Point) bool {
		return (l[1].X-l[0].X)*(p.Y-l[0].Y) > (l[1].Y-l[0].Y)*(p.X-l[0].X)
	}
	return side(a, b[0]) != side(a, b[1]) && side(b, a[0]) != side(b, a[1])
}

// crossings counts the pieces of lines that pass through a box.
func crossings(box vg.Rectangle, lines [][]vg.Point) (n int) {
	corners := [2][2]vg.Point{{box.Min, box.Max}, {{X: box.Min.X, Y: box.Max.Y}, {X: box.Max.X, Y: box.Min.Y}}}
	for _, l := range lines {
		for i := 1; i < len(l); i++ {
			piece := [2]vg.Point{l[i-1], l[i]}
			if holds(box, piece[0]) || holds(box, piece[1]) || intersect(piece, corners[0]) || intersect(piece, corners[1]) {
				n++
			}
		}
	}
	return n
}

// holds says whether a point lies in a box.
func holds(box vg.Rectangle, at vg.Point) bool {
	return at.X >= box.Min.X && at.X <= box.Max.X && at.Y >= box.Min.Y && at.Y <= box.Max.Y
}
