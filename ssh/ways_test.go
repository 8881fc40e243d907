package ssh_test

import "kea-lockstep/ssh"

// names are aliases, ports, users, patterns and files.
func names() []way {
	const id = " IdentityFile HERE/id\n"
	return []way{
		{name: "an alias", config: "Host k9\n" + id, key: "id"},
		{name: "no such name", config: "Host k9\n HostName nowhere.invalid\n", kind: ssh.ErrUnreachable},
		{name: "another port", config: "Host k9\n Port 1\n", kind: ssh.ErrUnreachable},
		{name: "another user", config: "Host k9\n User ops\n" + id, key: "id", user: "ops"},
		{name: "an account that is not there", config: "Host k9\n User nobody-of-that-name\n" + id, kind: ssh.ErrAuth},
		{name: "the first value counts", config: "Host k9\n User ops\nHost *\n User dhcp\n" + id, key: "id", user: "ops"},
		{name: "a pattern and its exception", config: "Host k* !k9\n HostName nowhere.invalid\nHost k9\n" + id, key: "id"},
		{name: "Match host", config: "Match host k9\n User dhcp\n" + id, key: "id", user: "dhcp"},
		{name: "Match exec", config: "Match originalhost k9 exec \"test -e HERE/id\"\n User ops\n" + id, key: "id", user: "ops", alone: ssh.ErrConfig},
		{name: "Match exec that fails", config: "Match exec \"test -e HERE/none\"\n User ops\nHost k9\n" + id, key: "id", alone: ssh.ErrConfig},
		{name: "Match user", config: "Host k9\n User ops\nMatch user ops\n" + id, key: "id", user: "ops", alone: ssh.ErrConfig},
		{name: "Include", config: "Include HERE/more\nHost k9\n" + id, key: "id"},
		{name: "a value in quotes", config: "Host k9\n HostName \"127.0.0.1\"\n" + id, key: "id"},
		{name: "a Match that makes no sense", config: "Match nonsense k9\nHost k9\n" + id, kind: ssh.ErrConfig},
		{name: "IPv6 alone", config: "Host k9\n AddressFamily inet6\n" + id, kind: ssh.ErrUnreachable},
		{name: "from an address that is not ours", config: "Host k9\n BindAddress 192.0.2.200\n" + id, kind: ssh.ErrUnreachable},
		{name: "from an address of ours", config: "Host k9\n BindAddress 127.0.0.5\n" + id, key: "id"},
	}
}

// identities are keys, their passphrases, agents and certificates.
func identities() []way {
	return []way{
		{name: "a key that is not let in", config: "Host k9\n IdentityFile HERE/other\n IdentitiesOnly yes\n", kind: ssh.ErrAuth},
		{name: "a key that is not there", config: "Host k9\n IdentityFile HERE/none\n IdentitiesOnly yes\n", kind: ssh.ErrAuth},
		{name: "the second key", config: "Host k9\n IdentityFile HERE/other\n IdentityFile HERE/id\n IdentitiesOnly yes\n", key: "id"},
		{name: "the first key of two", config: "Host k9\n IdentityFile HERE/ed25519\n IdentityFile HERE/id\n IdentitiesOnly yes\n", key: "ed25519"},
		{name: "an RSA key", config: "Host k9\n IdentityFile HERE/rsa\n IdentitiesOnly yes\n", key: "rsa"},
		{name: "an account's own key", config: "Host k9\n User ops\n IdentityFile HERE/ops.key\n IdentitiesOnly yes\n", key: "ops.key", user: "ops"},
		{name: "the key of another account", config: "Host k9\n User dhcp\n IdentityFile HERE/ops.key\n IdentitiesOnly yes\n", kind: ssh.ErrAuth, user: "dhcp"},
		{name: "a passphrase", config: "Host k9\n IdentityFile HERE/locked\n IdentitiesOnly yes\n", key: "locked", passphrase: "secret"},
		{name: "a wrong passphrase", config: "Host k9\n IdentityFile HERE/locked\n IdentitiesOnly yes\n", kind: ssh.ErrAuth, passphrase: "wrong"},
		{name: "a passphrase that nobody types", config: "Host k9\n IdentityFile HERE/locked\n IdentitiesOnly yes\n", kind: ssh.ErrAuth},
		{name: "a locked key, and one that is open", config: "Host k9\n IdentityFile HERE/locked\n IdentityFile HERE/id\n IdentitiesOnly yes\n", key: "id"},
		{name: "the agent", config: "Host k9\n IdentityFile HERE/none\n", agent: []string{"other", "rsa"}, key: "rsa"},
		{name: "the agent, for a locked key", config: "Host k9\n IdentityFile HERE/locked\n", agent: []string{"ed25519", "locked"}, key: "locked"},
		{name: "the agent, and one key alone", config: "Host k9\n IdentityFile HERE/other.pub\n IdentitiesOnly yes\n", agent: []string{"ed25519", "other"}, kind: ssh.ErrAuth},
		{name: "the agent, by a public key", config: "Host k9\n IdentityFile HERE/id.pub\n IdentitiesOnly yes\n", agent: []string{"ed25519", "id"}, key: "id"},
		{name: "no agent", config: "Host k9\n IdentityAgent none\n IdentityFile HERE/none\n", agent: []string{"id"}, kind: ssh.ErrAuth},
		{name: "an agent that is not there", config: "Host k9\n IdentityAgent HERE/none\n IdentityFile HERE/id\n", agent: []string{"ed25519"}, key: "id"},
		{name: "a forwarded agent", config: "Host k9\n IdentityFile HERE/none\n", agent: []string{"ed25519"}, forwarded: true, key: "ed25519"},
		{name: "a certificate", config: "Host k9\n IdentityFile HERE/certified\n IdentitiesOnly yes\n", key: "certified-cert"},
		{name: "a certificate for another account", config: "Host k9\n IdentityFile HERE/misnamed\n IdentitiesOnly yes\n", kind: ssh.ErrAuth},
		{name: "a certificate that has expired", config: "Host k9\n IdentityFile HERE/expired\n IdentitiesOnly yes\n", kind: ssh.ErrAuth},
		{name: "a certificate as ops", config: "Host k9\n User ops\n IdentityFile HERE/certified\n IdentitiesOnly yes\n", key: "certified-cert", user: "ops"},
		{name: "a certificate that lies apart", config: "Host k9\n CertificateFile HERE/vouched.cert.pub\n IdentityFile HERE/vouched\n IdentitiesOnly yes\n", key: "vouched.cert"},
		{name: "a key without its certificate", config: "Host k9\n IdentityFile HERE/vouched\n IdentitiesOnly yes\n", kind: ssh.ErrAuth},
		{name: "a certificate in the agent", config: "Host k9\n IdentityFile HERE/none\n", agent: []string{"certified"}, key: "certified-cert"},
		{name: "a certificate in a forwarded agent", config: "Host k9\n IdentityFile HERE/none\n", agent: []string{"certified"}, forwarded: true, key: "certified-cert"},
		{name: "its key in the agent", config: "Host k9\n CertificateFile HERE/vouched.cert.pub\n IdentityFile HERE/none\n", agent: []string{"vouched"}, key: "vouched.cert"},
	}
}

// hostsKnown are files of known hosts.
func hostsKnown() []way {
	known := func(name, settings string, kind error) way {
		w := way{name: name, config: "Host k9\n IdentityFile HERE/id\n " + settings + "\n", key: "id", kind: kind}
		return w
	}
	return []way{
		known("no known host", "UserKnownHostsFile /dev/null", ssh.ErrUnknownHostKey),
		known("no file of them", "UserKnownHostsFile HERE/none", ssh.ErrUnknownHostKey),
		known("another key known", "UserKnownHostsFile HERE/changed", ssh.ErrHostKeyChanged),
		known("a revoked key", "UserKnownHostsFile HERE/revoked", ssh.ErrHostKeyChanged),
		known("hashed", "UserKnownHostsFile HERE/hashed_known_hosts", nil),
		known("the third type alone", "UserKnownHostsFile HERE/known_rsa", nil),
		known("the third type alone, hashed", "UserKnownHostsFile HERE/hashed_known_rsa", nil),
		known("every type", "UserKnownHostsFile HERE/known_all", nil),
		known("one of two types is another's", "UserKnownHostsFile HERE/known_one", ssh.ErrHostKeyChanged),
		known("known by another name", "HostKeyAlias the-one\n UserKnownHostsFile HERE/alias", nil),
		known("a pattern of hosts", "UserKnownHostsFile HERE/pattern", nil),
		known("without its port", "UserKnownHostsFile HERE/without_port", ssh.ErrUnknownHostKey),
		known("a second file", "UserKnownHostsFile /dev/null HERE/known_hosts", nil),
		known("the machine's file", "UserKnownHostsFile none\n GlobalKnownHostsFile HERE/known_hosts", nil),
		known("an authority", "UserKnownHostsFile HERE/ca", nil),
		known("an authority for all", "UserKnownHostsFile HERE/ca_all", nil),
		known("an authority, by another name", "HostKeyAlias k9.example.net\n UserKnownHostsFile HERE/ca_alias", nil),
		known("an authority, by a name that is not vouched for", "HostKeyAlias k8.example.net\n UserKnownHostsFile HERE/ca_alias", ssh.ErrUnknownHostKey),
		known("an authority that is another", "UserKnownHostsFile HERE/ca_other", ssh.ErrUnknownHostKey),
		known("an authority that was revoked", "UserKnownHostsFile HERE/revoked_ca", ssh.ErrHostKeyChanged),
		known("a command that knows", "UserKnownHostsFile none\n KnownHostsCommand /bin/cat HERE/known_all", nil),
		known("a command that knows another", "UserKnownHostsFile none\n KnownHostsCommand /bin/cat HERE/changed", ssh.ErrHostKeyChanged),
	}
}

// hops are jump hosts and commands before the server.
func hops() []way {
	const id = " IdentityFile HERE/id\n"
	return []way{
		{name: "ProxyCommand", config: "Host k9\n ProxyCommand ssh -F DIRECT -W %h:%p k1\n" + id, key: "id", alone: ssh.ErrUnreachable},
		{name: "its tokens", config: "Host k9\n ProxyCommand sh -c 'test %n/%%/%r = k9/%%/ME && exec ssh -F DIRECT -W %h:%p k1'\n" + id, key: "id", alone: ssh.ErrUnreachable},
		{name: "a ProxyCommand that ends", config: "Host k9\n ConnectTimeout 1\n ProxyCommand false\n", kind: ssh.ErrUnreachable},
		{name: "ProxyJump", config: "Host k9\n ProxyJump j1\nHost *\n" + id, key: "id"},
		{name: "a jump as another account", config: "Host k9\n ProxyJump ops@j1\nHost *\n" + id, key: "id"},
		{name: "two jumps, each as another", config: "Host k9\n User dhcp\n ProxyJump ops@127.0.0.1:PORT,j2\nHost *\n" + id, key: "id", user: "dhcp"},
		{name: "a jump behind a jump", config: "Host k9\n ProxyJump j2\nHost j2\n User ops\n ProxyJump j1\nHost *\n" + id, key: "id"},
		{name: "each hop has its key", config: "Host k9\n ProxyJump j1\n IdentityFile HERE/rsa\n IdentitiesOnly yes\nHost j1\n User ops\n IdentityFile HERE/ops.key\n IdentitiesOnly yes\n", key: "rsa"},
		{name: "a jump that lets nobody in", config: "Host k9\n ProxyJump j1\n" + id + "Host j1\n IdentityFile HERE/other\n IdentitiesOnly yes\n", kind: ssh.ErrAuth},
		{name: "a jump that nobody knows", config: "Host k9\n ProxyJump j1\nHost j1\n UserKnownHostsFile /dev/null\nHost *\n" + id, kind: ssh.ErrUnknownHostKey},
		{name: "a jump whose key has changed", config: "Host k9\n ProxyJump j1\nHost j1\n UserKnownHostsFile HERE/changed\nHost *\n" + id, kind: ssh.ErrHostKeyChanged},
		{name: "a jump that is not there", config: "Host k9\n ProxyJump j1\nHost j1\n Port 1\nHost *\n" + id, kind: ssh.ErrUnreachable},
		{name: "ProxyJump none", config: "Host k9\n ProxyJump none\nHost *\n ProxyJump nowhere.invalid\n" + id, key: "id"},
	}
}
