package ssh

import (
	"context"
	"fmt"
	"time"
)

// mostHops bounds the jump hosts on one way; more is a loop in the configuration.
const mostHops = 16

// route resolves a login to the link that leads to it, through as many jump
// hosts as the client configuration says.
func (p *Pool) route(ctx context.Context, l Login) (*link, error) {
	a, err := parseAddress(l.Address)
	if err != nil {
		return nil, err
	}
	e, err := p.resolve(ctx, question{address: a, configFile: l.ConfigFile, identity: l.Identity}, l)
	if err != nil {
		return nil, err
	}
	via, err := p.jumps(ctx, e.proxyJump, l, 0)
	if err != nil {
		return nil, err
	}
	return p.link(e, via), nil
}

// jumps gives the link to the last of a list of jump hosts. The first one's
// own ProxyJump counts, that of the others is overruled by the list, as in
// OpenSSH ("ssh -J a b").
func (p *Pool) jumps(ctx context.Context, list []string, l Login, depth int) (*link, error) {
	var via *link
	for i, jump := range list {
		if depth++; depth > mostHops {
			return nil, fmt.Errorf("more than %d jump hosts before %s: a loop in ProxyJump?", mostHops, l.Address)
		}
		a, err := parseAddress(jump)
		if err != nil {
			return nil, fmt.Errorf("ProxyJump: %w", err)
		}
		e, err := p.resolveJump(ctx, question{address: a, configFile: l.ConfigFile, identity: l.Identity}, l)
		if err != nil {
			return nil, fmt.Errorf("jump host %s: %w", jump, err)
		}
		if i == 0 {
			if via, err = p.jumps(ctx, e.proxyJump, l, depth); err != nil {
				return nil, err
			}
		}
		if i > 0 {
			e.proxyCommand = ""
		}
		via = p.link(e, via)
	}
	return via, nil
}

// jumpHost is a jump host's place in the configuration: resolved once, for the
// many servers behind it.
type jumpHost struct {
	question
	knownHosts string
	timeout    time.Duration
}

func (p *Pool) resolveJump(ctx context.Context, q question, l Login) (endpoint, error) {
	key := jumpHost{q, l.KnownHosts, l.Timeout}
	p.mu.Lock()
	e, ok := p.jumpHosts[key]
	p.mu.Unlock()
	if ok {
		return e, nil
	}
	e, err := p.resolve(ctx, q, l)
	if err == nil {
		p.mu.Lock()
		p.jumpHosts[key] = e
		p.mu.Unlock()
	}
	return e, err
}

func (p *Pool) resolve(ctx context.Context, q question, l Login) (endpoint, error) {
	select { // of hundreds of servers, not all at once
	case p.resolving <- struct{}{}:
	case <-ctx.Done():
		return endpoint{}, context.Cause(ctx)
	}
	s, err := readSettings(ctx, p.binary, q)
	<-p.resolving
	if err != nil {
		return endpoint{}, err
	}
	e := newEndpoint(q.host, s)
	if l.KnownHosts != "" {
		e.knownHosts = []string{expandHome(l.KnownHosts)}
	}
	if l.Timeout != 0 {
		e.timeout = l.Timeout
	}
	if e.timeout == 0 {
		e.timeout = p.options.Timeout
	}
	return e, nil
}
