package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Webhook is a listener at an address that is secret: each notice is the body of one POST.
type Webhook struct {
	from string // where its address was taken from
	at   *url.URL
}

// NewWebhook makes the listener at an address; from says where that was taken from. The error does not show the address.
func NewWebhook(from, address string) (Webhook, error) {
	at, err := url.Parse(strings.TrimSpace(address))
	if err != nil || at.Host == "" || at.Scheme != "https" && at.Scheme != "http" {
		return Webhook{}, fmt.Errorf("%s holds no address of a webhook, which begins with https://", from)
	}
	return Webhook{from, at}, nil
}

// Name says where the address is, not what it is.
func (w Webhook) Name() string { return "the webhook of " + w.from }

// mostAnswer is how much of an answer is read, for the connection to end well.
const mostAnswer = 64 << 10 // bytes

// Send posts the notice. Redirects and TLS are as net/http does them; whatever is no success is an error.
func (w Webhook) Send(ctx context.Context, notice []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.at.String(), bytes.NewReader(notice))
	if err != nil {
		return w.without(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "kea-lockstep")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return w.without(err)
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, mostAnswer) // what it says is nobody's concern
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("it answered %d %s", answer.StatusCode, http.StatusText(answer.StatusCode))
	}
	return nil
}

// without takes out of an error what tells the address, and that of a redirection.
func (w Webhook) without(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	text := err.Error()
	for _, secret := range []string{w.at.String(), w.at.RequestURI(), w.at.Host, w.at.Hostname()} {
		if len(secret) > 1 {
			text = strings.ReplaceAll(text, secret, "(not shown)")
		}
	}
	return errors.New(text)
}
