// Package reports turns finished runs into what people read: text for a terminal, Markdown for a pull request, and
// charts as PNG or SVG with the CSV behind them.
//
// It deliberately measures nothing, decides nothing and writes no files: the figures and the verdict come from the run,
// and the caller owns every stream. It reads no clock and no environment, so the same run gives the same bytes.
//
// These are its doors; behind them lie rooms, each of which knows those before it only:
//
//	canvas   what is drawn with: pages, panels, letters, colours
//	view     what is said of a run, or of several
//	text     terminal and Markdown
//	chart    one chart in a file
//	nightly  what a night's comparison tells CI
//
// gallery/ holds pictures of the shipped scenarios; go generate ./reports/... renews them, and the runs that they are
// drawn from. To see them as colour-blind readers do: go test ./reports/chart -run SimulateVision -simulate FOLDER.
package reports
