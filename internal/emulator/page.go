package emulator

import (
	"embed"
	"io/fs"
	"net/http"
)

//go:embed web
var web embed.FS

// pageFiles are the paths of the page; every other path is RongCloud's or unknown.
var pageFiles = map[string]string{"/": "index.html", "/app.js": "app.js", "/dom.js": "dom.js", "/rtc.js": "rtc.js", "/views.js": "views.js", "/style.css": "style.css"}

func isPage(path string) bool { return pageFiles[path] != "" }

// servePage serves the page, which may load nothing but its own files.
func servePage() http.Handler {
	files, err := fs.Sub(web, "web")
	if err != nil { // the folder is embedded
		panic(err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "the page is only to be read", http.StatusMethodNotAllowed)
			return
		}
		header := w.Header()
		header.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cache-Control", "no-cache")
		http.ServeFileFS(w, r, files, pageFiles[r.URL.Path])
	})
}
