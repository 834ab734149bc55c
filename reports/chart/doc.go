// Package chart holds the charts, one in a file: what each says in its title, and how it is drawn.
//
// A new chart is one file: a type that is a Chart, and an entry in the table of chart.go. One that is drawn of several
// runs has its entry in sidebyside.go. One whose axes can be as long as those of its like in other runs says so by Axes
// and Along. It deliberately decides nothing and measures nothing; charts don't know each other, and share the kit of
// package canvas.
package chart
