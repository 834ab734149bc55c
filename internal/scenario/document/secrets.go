package document

import (
	"regexp"
	"slices"
)

// secretKeys are names under which people write a literal key.
var secretKeys = []string{"key", "api_key", "apikey", "balance_key", "token", "access_token", "secret", "password"}

var (
	// secretValue matches the keys of well-known vendors wherever they stand.
	secretValue = regexp.MustCompile(`\b(?:sk|rk|pk)-[A-Za-z0-9_-]{6,}|\bAIza[A-Za-z0-9_-]{20,}|\bgh[po]_[A-Za-z0-9]{16,}|\bBearer\s+[^\s"']{6,}`)
	// secretAssignment matches what follows a secret's name in a line that may not be valid TOML.
	secretAssignment = regexp.MustCompile(`(?i)\b(?:key|api_?key|balance_key|token|access_token|secret|password)["']?\s*=\s*("(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s,}"']+)`)
	// secretUser matches the user and password of an address, such as a proxy's.
	secretUser = regexp.MustCompile(`://([^/\s"']+)@`)
)

const KeyEnvHint = `name the environment variable that holds it: key_env = "MY_CHANNEL_KEY"`

// secretSpans finds what must not be shown in a part of a text that begins at offset.
func secretSpans(part []byte, offset int) []span {
	var found []span
	for _, m := range secretValue.FindAllIndex(part, -1) {
		found = append(found, span{offset + m[0], offset + m[1]})
	}
	for _, named := range []*regexp.Regexp{secretAssignment, secretUser} {
		for _, m := range named.FindAllSubmatchIndex(part, -1) {
			found = append(found, span{offset + m[2], offset + m[3]})
		}
	}
	return found
}

// redact hides secrets in a message.
func redact(s string) string {
	return secretUser.ReplaceAllString(secretValue.ReplaceAllString(s, "***"), "://***@")
}

// RefuseSecrets reports texts that look like a key, wherever they stand.
func (d *Document) RefuseSecrets(n *Node) {
	if s, ok := n.Value.(string); ok && secretValue.MatchString(s) {
		d.secret(n)
	}
	d.within(n, d.RefuseSecrets)
}

// RefuseSecretKeys reports texts below an unknown key that stand under a secret's name.
func (d *Document) RefuseSecretKeys(n *Node) {
	if _, ok := n.Value.(string); ok && slices.Contains(secretKeys, n.Name) {
		d.secret(n)
	}
	d.within(n, d.RefuseSecretKeys)
}

func (d *Document) within(n *Node, do func(*Node)) {
	for _, f := range n.Ordered() {
		do(f)
	}
	for _, item := range n.Items() {
		do(item)
	}
}

// secret reports a literal key, once, and hides it from every excerpt.
func (d *Document) secret(n *Node) {
	if n.Bad {
		return
	}
	d.Hide(n)
	d.Fail(n, KeyEnvHint, "%s holds a secret; a scenario must not, since it is shared", n.Name)
}

// Hide keeps a value out of every excerpt.
func (d *Document) Hide(n *Node) {
	t := d.texts[n.At.Origin]
	t.secrets = append(t.secrets, n.At.span)
}
