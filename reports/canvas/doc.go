// Package canvas is what charts are drawn with: pages, panels with axes, letters, colours, and the encoding of a
// finished page as a picture.
//
// It deliberately knows no run and no strategy. Every string reaches a page through Page.Write, which checks its glyphs
// and remembers its box, so that tests can prove of every chart that no text is cut or overlaps another.
package canvas
