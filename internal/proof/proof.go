// Package proof says at what length tests prove what they promise: in short, as go test ./... runs them, or at length
// under the build tag proof. Both ask the same; at length there are more seeds, worlds, orders or places to cut, and
// bounds of so many standard errors are narrower.
//
// It deliberately holds no test and no bound: each stands in the test that it belongs to.
//
//	for seed := range proof.Size(100, 1000) {
package proof

// Size is how many there are in short, and at length.
func Size(short, long int) int {
	if Long {
		return long
	}
	return short
}
