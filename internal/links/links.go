// Package links holds no code but a test: every link between the Markdown files of the repository
// leads to a file and a heading that exist, every page is found from the README in two clicks, a
// page has in Chinese what it has in English, and no line of an English page is too wide.
package links
