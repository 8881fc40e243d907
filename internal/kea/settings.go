package kea

import "strings"

// A watched key is kept as a Setting wherever it stands. Each is there for a
// rule in breaks.go; nothing else of the tree leaves the reader, so that no
// secret does.
var watched = map[string]bool{
	"Logging": true, "reservation-mode": true, "hosts-database": true,
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
		switch {
		case secretKey.MatchString(key): // that it is there, never what it is
			found = append(found, Setting{Key: path, At: at.position()})
		case watched[key] || strings.HasSuffix(path, ".relay.ip-address"):
			found = append(found, Setting{Key: path, Text: scalar(n), At: at.position()})
		case (key == "subnet4" || key == "subnet6") && n.kind == listNode:
			found = append(found, subnetsWithoutID(path, n.items)...)
		}
	})
	return found
}

func subnetsWithoutID(path string, subnets []*node) []Setting {
	var found []Setting
	for _, subnet := range subnets {
		if subnet.kind != mapNode {
			continue
		}
		if id := subnet.get("id"); id == nil || id.text == "0" {
			found = append(found, Setting{Key: path + ".id", Missing: id == nil, At: subnet.start.position()})
		}
	}
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
