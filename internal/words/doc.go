// Package words writes figures as people read them: money, shares, times, counts, "1 in 9".
//
// It is the one mouth of the project, so that one number looks the same in text, charts and Markdown. It deliberately
// knows no run, no strategy and no language but English: what a figure means is said by those who have it.
//
//	words.Dollars(12345.6, 0)  // "$12,346"
//	words.Percent(0.9667, 1)   // "96.7%"
//	words.Clock(219)           // "3:39"
package words
