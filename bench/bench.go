// Package bench load-tests channels with real orders: vegeta drives arrivals from the scenario's
// own schedule, and each of its hits is one whole order, which runs internal/policy's machine over
// HTTP until the clip has arrived or the order is lost.
//
// It deliberately decides nothing about an order (package policy), speaks no protocol itself
// (bench/dialect), spends nothing that the ledger has not set aside before (bench/ledger), and works
// out no figures (bench/measure). Latency counts from the scheduled arrival, so that a slow generator
// cannot hide lateness.
package bench
