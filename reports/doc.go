// Package reports turns finished runs into what people read: text for a terminal, Markdown for a
// pull request, and charts as PNG with the CSV behind them.
//
// It deliberately measures nothing, decides nothing and writes no files: the figures and the verdict
// come from the run, and the caller owns every stream. It reads no clock and no environment, so the
// same run gives the same bytes.
//
//	err := reports.Text(os.Stdout, run, reports.TextOptions{Width: 100})
//	charts, err := reports.Charts(run)
//	err = reports.Markdown(w, run, charts, reports.MarkdownOptions{})
//
// Several runs are a Set: each run's own charts on axes that all share, and charts that show the runs side by side.
//
//	set := reports.NewSet(runs)
//	own, err := set.Own()
//	charts, err := set.Charts()
//
// A new chart is one file: a function from a run to a figure, entered in the table of chart.go. A figure that states its
// axes, and can be made along longer ones, is aligned where runs stand side by side. Every string reaches a page through
// page.write, which checks its glyphs and remembers its box, so the tests can prove for every chart that no text is cut
// or overlaps another.
//
// gallery/ holds pictures of the shipped scenarios; go generate ./reports renews them, and the runs that they are drawn
// from. To see them as colour-blind readers do: go test ./reports -run SimulateVision -simulate FOLDER.
package reports
