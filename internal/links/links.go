// Package links holds no code but a test: every link between the Markdown files of the repository
// leads to a file and a heading that exist, and every page is found from the README in two clicks.
package links
