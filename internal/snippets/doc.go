// Package snippets holds no code but a test: it compiles every Go block of README*.md and
// docs/*.md, and runs the programs and tests among them, so that they cannot rot. What a block of
// console says that the program before it prints is what it prints. Names behind client and srv in
// the sentences around them must exist, too.
//
// A block is a whole file, declarations, or statements. A whole file and the declarations of one
// page, taken together, are compiled and run by the go command. Statements are checked as the body
// of a function that returns an error; names that they leave open, such as ctx and client, are
// declared in prelude.
package snippets
