package view

// Failure shows an error of ours: what went wrong, and under it what to do.
func (p *Page) Failure(what string, hints []string) {
	p.put(bad, "kea-lockstep:")
	p.text.WriteByte(' ')
	p.labelledFree(what)
	for _, h := range hints {
		p.block(plain, 2, h)
	}
}

// labelledFree puts text after what already stands on the line.
func (p *Page) labelledFree(text string) {
	first, rest := cutLine(text)
	p.line(plain, "%s", first)
	p.block(plain, 2, rest)
}
