package kea

import "strings"

// A watched key is kept as a Setting wherever it stands. Each is there for a
// rule in breaks.go; nothing else of the tree leaves the reader, so that no
// secret does.
var watched = map[string]bool{
	"Logging": true, "reservation-mode": true, "ip-address": true,
	"output_options": true, "require-client-classes": true, "only-if-required": true,
	"qualifying-suffix": true, "override-no-update": true, "override-client-update": true,
	"replace-client-name": true, "generated-prefix": true, "hostname-char-set": true, "hostname-char-replacement": true,
	"enable-multi-threading": true, "cache-threshold": true, "output": true, "realm": true,
}

// settingsOf walks the whole tree.
func settingsOf(root *node) []Setting {
	var found []Setting
	walk(root, "", func(path string, at mark, n *node) {
		key := path[strings.LastIndexByte(path, '.')+1:]
		if watched[key] {
			found = append(found, Setting{Key: path, Text: scalar(n), At: at.position()})
		}
		if (key == "subnet4" || key == "subnet6") && n.kind == listNode {
			for _, subnet := range n.items {
				if subnet.kind == mapNode && subnet.get("id") == nil {
					found = append(found, Setting{Key: path + ".id", Missing: true, At: subnet.start.position()})
				}
			}
		}
	})
	return found
}

// walk visits every member of every map, outer ones first. A path is the keys
// from the top, joined by dots; list indexes are left out.
func walk(n *node, path string, visit func(path string, at mark, value *node)) {
	for _, m := range n.members {
		below := m.key
		if path != "" {
			below = path + "." + m.key
		}
		visit(below, m.at, m.value)
		walk(m.value, below, visit)
	}
	for _, item := range n.items {
		walk(item, path, visit)
	}
}

func scalar(n *node) string {
	if n.kind == mapNode || n.kind == listNode {
		return ""
	}
	return n.text
}
