// Package text writes runs and plans for terminals and as Markdown.
//
// It deliberately draws nothing and knows no chart: pictures are handed to it with their titles and alt texts.
package text
