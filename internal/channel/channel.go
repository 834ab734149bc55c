// Package channel says what a channel is and what it charges: kinds, clips, prices, and
// the outcomes of an attempt.
//
// It deliberately doesn't know how a channel behaves (package world), how it is spoken to
// (bench/dialect) or when it is tried again (package policy).
//
//	price := channel.Price{Shape: channel.PerCall, Flat: 120_000}
//	charge, err := price.Charge(channel.Usage{Clip: clip, Made: true})
package channel

import (
	"fmt"
	"slices"
	"time"

	"channelbench/internal/money"
)

// Kind says by which route a channel sells a model.
type Kind uint8

// The kinds of channel.
const (
	Direct     Kind = iota // the vendor's own API
	Forwarding             // a relay of the vendor's API
	Reverse                // an unofficial route
)

// Kinds lists the names of the kinds, in the order of their values.
var Kinds = []string{"direct", "forwarding", "reverse"}

func (k Kind) String() string { return Kinds[k] }

// The protocols, in which channels are asked; bench/dialect speaks them.
const (
	OpenAI      = "openai-videos"
	ReversedAPI = "openai-videos-reverse"
	Generations = "videos-generations"
	XAI         = "xai-videos"
	OpenRouter  = "openrouter-videos"
	Fal         = "fal-queue"
	Ark         = "ark-tasks"
	MiniMaxV2   = "minimax-v2"
	Gemini      = "gemini-interactions"
	Kling       = "kling"
	KlingJWT    = "kling-jwt"
	Replicate   = "replicate"
	Runway      = "runway"
	Kie         = "kie-jobs"
	DashScope   = "dashscope"
	MiniMax     = "minimax-v1"
	GeminiOps   = "gemini-operations"
)

// Protocols lists them in the order in which they are documented.
var Protocols = []string{OpenAI, ReversedAPI, Generations, XAI, OpenRouter, Fal, Ark, MiniMaxV2, Gemini, Kling, KlingJWT,
	Replicate, Runway, Kie, DashScope, MiniMax, GeminiOps}

// Clip is what is ordered, or what a channel makes of it.
type Clip struct {
	Seconds    int
	Resolution string // such as "720p"
	Aspect     string // such as "16:9"; part of a price only by Formula
	Audio      Audio  `json:",omitzero"`
}

func (c Clip) String() string {
	return fmt.Sprintf("%d s %s%s", c.Seconds, c.Resolution, audios[c.Audio])
}

// Audio says whether a clip has sound.
type Audio uint8

// The kinds of sound.
const (
	AnyAudio Audio = iota // not stated
	Silent
	Audible
)

var audios = []string{"", " silent", " with audio"}

// Channel is one way to buy clips.
type Channel struct {
	Name          string
	Kind          Kind
	Terms         string // printed beside its cost
	Protocol      string // one of Protocols
	BaseURL       string
	DownloadHosts []string
	KeysEnv       []string     // names of the environment variables that hold its keys, each with the channel's limits
	SecretEnv     string       // like KeysEnv, of the secret that signs for the one key; "": there is none
	BalanceURL    string       // tells what is left of the account; "": nothing does
	BalanceKeyEnv string       // like KeysEnv, for BalanceURL
	BalanceUnit   money.Micros // what a unit of the balance is worth; 0: it is told in dollars
	Model         string
	Form          Form
	Headers       map[string]string // that requests bear beside those of the protocol, by their canonical names
	Hold          bool              // the submit is held open until the clip is made
	AsOf          time.Time         // the day on which what is said of its protocol was seen; zero: not stated
	Ended         time.Time         // the day on which it ends, or ended; zero: none is known
	Makes         Makes
	Poll          time.Duration // 0: the answer is seen at once, as no scenario says
	Price         Price
}

// Makes limits what a channel can make; empty lists allow whatever has a price.
type Makes struct {
	Seconds     []int
	Resolutions []string
}

// Fit says whether a channel may make a longer clip than the ordered one.
type Fit uint8

// The fits.
const (
	Exact Fit = iota
	Longer
)

// Fits lists the names of the fits, in the order of their values.
var Fits = []string{"exact", "longer"}

func (f Fit) String() string { return Fits[f] }

// Make returns the clip that the channel makes when want is ordered: the same one, or with
// Longer the shortest it can make that is not shorter. It is false where there is none, or no price.
func (c *Channel) Make(want Clip, fit Fit) (Clip, bool) {
	made := want
	if n := len(c.Makes.Resolutions); n > 0 && !slices.Contains(c.Makes.Resolutions, want.Resolution) {
		return Clip{}, false
	}
	if len(c.Makes.Seconds) > 0 && !slices.Contains(c.Makes.Seconds, want.Seconds) {
		made.Seconds = 0
		for _, s := range c.Makes.Seconds {
			if fit == Longer && s > want.Seconds && (made.Seconds == 0 || s < made.Seconds) {
				made.Seconds = s
			}
		}
		if made.Seconds == 0 {
			return Clip{}, false
		}
	}
	if _, err := c.Price.Charge(Usage{Clip: made, Accepted: true, Made: true}); err != nil {
		return Clip{}, false
	}
	return made, true
}

// Outcome is how an attempt ended.
type Outcome uint8

// The outcomes.
const (
	Pending   Outcome = iota
	Delivered         // the clip arrived and is usable
	Refused           // proven not accepted: free
	Failed            // failed after acceptance: maybe billed
	Ambiguous         // the submit's answer was lost: maybe accepted, maybe billed
	Abandoned         // the order waited no longer; settled later
	Unusable          // delivered and paid, thrown away
)

var outcomes = []string{"pending", "delivered", "refused", "failed", "ambiguous", "abandoned", "unusable"}

func (o Outcome) String() string { return outcomes[o] }
