package kea

// ReadConfig reads the text of a configuration file.
func ReadConfig(path string, text []byte, include func(path string) ([]byte, error)) (Config, error) {
	return Config{}, &SyntaxError{File: path, Line: 1, Column: 1, Message: "the reader is not finished"}
}
