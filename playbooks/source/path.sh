# Lets Kea's programs be found where they are installed. In: prefix.
PATH=$prefix/sbin:$PATH
