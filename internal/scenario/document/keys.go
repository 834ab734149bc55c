package document

import (
	"bytes"
	"strconv"
)

// Keys are the dotted keys of all values of a scenario's text, as an override names them, in the order of the file;
// none where the text can't be read.
func Keys(source []byte) []string {
	body := bytes.TrimPrefix(source, byteOrderMark)
	tooMuch, keys := exceeds(body)
	if tooMuch != nil {
		return nil
	}
	root, wrong := decode(body, keys)
	if wrong != nil {
		return nil
	}
	return root.keys("")
}

func (n *Node) keys(path string) []string {
	var all []string
	for _, f := range n.Ordered() {
		all = append(all, f.keys(Dotted(path, f.Name))...)
	}
	for i, item := range n.Items() {
		if item.Fields() != nil {
			all = append(all, item.keys(path+"."+strconv.Itoa(i))...)
		}
	}
	if all == nil && path != "" {
		all = []string{path}
	}
	return all
}
