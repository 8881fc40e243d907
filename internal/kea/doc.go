// Package kea knows what ISC Kea is: which release expects which database
// schema, how Kea's configuration files read, what breaks between two
// releases, and what Kea's programs, logs and control channel say.
//
// It is pure. It opens no file, runs no program and asks no network: text
// comes in, values go out, and whoever calls it fetches the text. It imports
// nothing else of this project.
//
// Facts are taken from Kea's own source at the tags of its releases and are
// cited where they are used. Where nothing is known (a release that is newer
// than the table, a development build) the answer says so and is never a guess.
package kea
