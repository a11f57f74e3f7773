// Package snippets contains only a test: it compiles every Go block of README*.md and docs/*.md,
// and runs the programs and tests among them, so that they stay correct. A console block must show
// exactly what the program before it prints. Names after client and srv in the text must exist
// too.
//
// A block is a whole file, declarations, or statements. The go command compiles and runs whole
// files, and the declarations of one page taken together. Statements are checked as the body of a
// function that returns an error; names that they do not declare, such as ctx and client, are
// declared in prelude.
package snippets
