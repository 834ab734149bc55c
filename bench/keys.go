package bench

import (
	"fmt"
	"strings"
	"unicode"

	"channelbench/bench/dialect"
	"channelbench/internal/channel"
)

// shortestKey is how long a key is at least. What holds it is hidden or dropped, so a shorter one would take
// innocent ids with it.
const shortestKey = 8

// keyed is a target once with each key of the channel.
func keyed(t dialect.Target, c *channel.Channel, o *Options) (all []dialect.Target, err error) {
	if c.SecretEnv != "" {
		if t.Secret, err = secret(c.SecretEnv, o); err != nil {
			return nil, err
		}
	}
	keys := c.KeysEnv
	if len(keys) == 0 {
		keys = []string{""} // none is named
	}
	for _, env := range keys {
		if t.Key, err = secret(env, o); err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

// secret is what an environment variable holds, if that can be a key.
func secret(env string, o *Options) (dialect.Secret, error) {
	key := o.Key(env)
	return dialect.NewSecret(key), usable(env, key, o.Live)
}

// as is the channel as it is asked with one of its keys, which a journal names by number.
func (e *endpoint) as(key int) dialect.Target {
	if key < 0 || key >= len(e.targets) {
		key = 0 // the journal is of other keys; who else could be asked?
	}
	return e.targets[key]
}

// keyOf is the key with which an order asks: those of one pair take the same, pairs take turns.
func (e *endpoint) keyOf(pair int) int { return pair % len(e.targets) }

// usable says why a key can't be one.
func usable(env, key string, live bool) error {
	switch key = dialect.NewSecret(key).Reveal(); {
	case key == "":
		return fmt.Errorf("the environment variable %s holds no key", env)
	case live && len(key) < shortestKey:
		return fmt.Errorf("the key in the environment variable %s has fewer than %d characters, which is no key", env,
			shortestKey)
	case strings.ContainsFunc(key, unicode.IsControl):
		return fmt.Errorf("the key in the environment variable %s holds a character that no header may", env)
	}
	return nil
}
