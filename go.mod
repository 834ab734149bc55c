module channelbench

go 1.26.0

require (
	github.com/BurntSushi/toml v1.6.0 // decodes scenarios
	github.com/google/go-cmp v0.7.0 // shows differences in tests
	github.com/google/renameio/v2 v2.0.2 // writes files whole or not at all
	github.com/openai/openai-go/v3 v3.52.0 // in tests: a real client that our mock channels must satisfy
	github.com/pelletier/go-toml/v2 v2.4.3 // positions in scenarios, and a strict second opinion
	github.com/rogpeppe/go-internal v1.16.0 // testscript: the command line as a user types it
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3 // in tests: holds run.json to its schema
	github.com/spf13/cobra v1.10.2 // commands, flags, help, completion
	github.com/spf13/pflag v1.0.9 // flags, below cobra
	github.com/tsenart/vegeta/v12 v12.13.0 // drives load tests
	github.com/volcengine/volcengine-go-sdk v1.1.35 // in tests: Ark's own client, that our mock of it must satisfy
	go.yaml.in/yaml/v3 v3.0.4 // in tests: reads the nightly workflow
	golang.org/x/image v0.46.0 // reads glyphs of the charts' font
	golang.org/x/perf v0.0.0-20260908200009-22c9c6c9d4da // in tests: reads benchmarks as benchstat does
	golang.org/x/term v0.47.0 // asks whether a stream is a terminal, and how wide
	golang.org/x/text v0.42.0 // the width of characters in tables and carets
	gonum.org/v1/gonum v0.17.0 // distributions, special functions, FFT, sampling
	gonum.org/v1/plot v0.17.0 // charts as PNG
	google.golang.org/genai v1.77.0 // in tests: a real client that our mock channels must satisfy
	pgregory.net/rapid v1.3.0 // property tests
)

require (
	cloud.google.com/go v0.116.0 // indirect
	cloud.google.com/go/auth v0.9.3 // indirect
	cloud.google.com/go/compute/metadata v0.5.0 // indirect
	codeberg.org/go-fonts/liberation v0.5.0 // indirect
	codeberg.org/go-latex/latex v0.2.0 // indirect
	codeberg.org/go-pdf/fpdf v0.11.1 // indirect
	git.sr.ht/~sbinet/gg v0.7.0 // indirect
	github.com/aclements/go-moremath v0.0.0-20210112150236-f10218a38794 // indirect
	github.com/ajstarks/svgo v0.0.0-20211024235047-1546f124cd8b // indirect
	github.com/golang/freetype v0.0.0-20170609003504-e2365dfdc4a0 // indirect
	github.com/golang/groupcache v0.0.0-20210331224755-41bb18bfe9da // indirect
	github.com/google/s2a-go v0.1.8 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/googleapis/enterprise-certificate-proxy v0.3.4 // indirect
	github.com/gorilla/websocket v1.5.3 // indirect
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	github.com/influxdata/tdigest v0.0.1 // indirect
	github.com/jmespath/go-jmespath v0.4.0 // indirect
	github.com/josharian/intern v1.0.0 // indirect
	github.com/mailru/easyjson v0.7.7 // indirect
	github.com/rs/dnscache v0.0.0-20230804202142-fc85eb664529 // indirect
	github.com/tidwall/gjson v1.19.0 // indirect
	github.com/tidwall/match v1.1.1 // indirect
	github.com/tidwall/pretty v1.2.1 // indirect
	github.com/tidwall/sjson v1.2.5 // indirect
	github.com/volcengine/volc-sdk-golang v1.0.23 // indirect
	go.opencensus.io v0.24.0 // indirect
	golang.org/x/crypto v0.57.0 // indirect
	golang.org/x/net v0.59.0 // indirect
	golang.org/x/sync v0.23.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/tools v0.49.0 // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20240903143218-8af14fe29dc1 // indirect
	google.golang.org/grpc v1.66.2 // indirect
	google.golang.org/protobuf v1.34.2 // indirect
	gopkg.in/yaml.v2 v2.2.8 // indirect
)
