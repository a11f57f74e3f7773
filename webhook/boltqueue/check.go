package boltqueue

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
)

// The layout of a bbolt file, which its version 2 has not changed since 2014.
const (
	magic       = 0xED0CDAED
	version     = 2
	headerSize  = 16 // page header: id, flags, count, overflow
	elementSize = 16 // element of a branch or a leaf
	bucketSize  = 16 // root page and sequence, before an inline bucket
	metaSize    = 64 // without the header

	flagBranch   = 0x01
	flagLeaf     = 0x02
	flagFreelist = 0x10
	flagBucket   = 0x01 // flag of a leaf element

	noFreelist = -1
	maxDepth   = 64
)

// checker reads a file as bbolt does, but trusts nothing. If a page is damaged, bbolt panics,
// loops or reads beyond the end of the file, sometimes in its own goroutines, where no caller can
// recover. So a file is checked once before bbolt opens it.
type checker struct {
	file     io.ReaderAt
	size     int64
	pageSize int64
	high     int64    // number of pages
	seen     []uint64 // a bit for each page
}

// check returns an error if the file is damaged.
func check(file io.ReaderAt, size int64, pageSize int) error {
	c := &checker{file: file, size: size, pageSize: int64(pageSize)}
	root, freelist, err := c.meta()
	if err != nil {
		return err
	}
	if c.high < 3 || c.high > c.size/c.pageSize {
		return fmt.Errorf("it is cut off: it has %d bytes of %d pages", c.size, c.high)
	}
	c.seen = make([]uint64, c.high/64+1)
	c.mark(0)
	c.mark(1)
	if err := c.tree(root, 0, nil, nil); err != nil {
		return err
	}
	if freelist == noFreelist {
		return nil
	}
	return c.freelist(freelist)
}

// meta reads the newer intact one of the two meta pages.
func (c *checker) meta() (root, freelist int64, err error) {
	if c.pageSize < 512 || c.pageSize > 1<<24 || c.size < 2*c.pageSize {
		return 0, 0, errors.New("it has no pages")
	}
	var newest []byte
	for page := range int64(2) {
		buf := make([]byte, metaSize)
		if _, err := c.file.ReadAt(buf, page*c.pageSize+headerSize); err != nil {
			return 0, 0, err
		}
		sum := fnv.New64a()
		_, _ = sum.Write(buf[:metaSize-8])
		whole := u32(buf) == magic && u32(buf[4:]) == version && u64(buf[56:]) == sum.Sum64()
		if whole && (newest == nil || u64(buf[48:]) > u64(newest[48:])) {
			newest = buf
		}
	}
	if newest == nil {
		return 0, 0, errors.New("both of its first pages are broken")
	}
	if size := u32(newest[8:]); size != c.pageSize {
		return 0, 0, fmt.Errorf("its pages have %d bytes and not %d", size, c.pageSize)
	}
	c.high = number(newest[40:])
	return number(newest[16:]), number(newest[32:]), nil
}

func u16(b []byte) int    { return int(binary.NativeEndian.Uint16(b)) }
func u32(b []byte) int64  { return int64(binary.NativeEndian.Uint32(b)) }
func u64(b []byte) uint64 { return binary.NativeEndian.Uint64(b) }

// number reads a page number; one that is too large becomes negative, which is invalid.
func number(b []byte) int64 { return int64(u64(b)) } //nolint:gosec // see above

// mark marks a page as used, and reports whether it was unused before.
func (c *checker) mark(id int64) bool {
	bit := uint64(1) << (id % 64)
	if c.seen[id/64]&bit != 0 {
		return false
	}
	c.seen[id/64] |= bit
	return true
}

// page reads a page with its overflow, and marks all of it.
func (c *checker) page(id int64) ([]byte, error) {
	broken := func(what string) error { return fmt.Errorf("page %d %s", id, what) }
	if id < 2 || id >= c.high {
		return nil, broken("is none")
	}
	header := make([]byte, headerSize)
	if _, err := c.file.ReadAt(header, id*c.pageSize); err != nil {
		return nil, err
	}
	if number(header) != id {
		return nil, broken("has another number")
	}
	pages := u32(header[12:]) + 1
	if pages > c.high-id {
		return nil, broken("is too long")
	}
	for i := range pages {
		if !c.mark(id + i) {
			return nil, broken("is used twice")
		}
	}
	page := make([]byte, pages*c.pageSize)
	_, err := c.file.ReadAt(page, id*c.pageSize)
	return page, err
}

// tree checks the pages of a bucket. Its keys must lie between low (inclusive) and high
// (exclusive); nil is no bound.
func (c *checker) tree(id int64, depth int, low, high []byte) error {
	page, err := c.page(id)
	if err != nil {
		return err
	}
	switch {
	case depth > maxDepth:
		err = errors.New("is too deep")
	case u16(page[8:]) == flagBranch:
		return c.branch(id, page, depth, low, high)
	case u16(page[8:]) == flagLeaf:
		err = c.leaf(page, depth, low, high)
	default:
		err = errors.New("is of no known type")
	}
	if err != nil {
		return fmt.Errorf("page %d: %w", id, err)
	}
	return nil
}

func (c *checker) branch(id int64, page []byte, depth int, low, high []byte) error {
	count := u16(page[10:])
	keys, err := elements(page, 0, 4)
	if err == nil && count == 0 {
		err = errors.New("leads nowhere")
	}
	if err == nil {
		err = between(keys, low, high)
	}
	if err != nil {
		return fmt.Errorf("page %d: %w", id, err)
	}
	for i, key := range keys {
		next := high
		if i+1 < count {
			next = keys[i+1]
		}
		if err := c.tree(number(page[headerSize+i*elementSize+8:]), depth+1, key, next); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) leaf(page []byte, depth int, low, high []byte) error {
	keys, err := elements(page, 4, 8)
	if err != nil {
		return err
	}
	if err := between(keys, low, high); err != nil {
		return err
	}
	for i := range keys {
		at := headerSize + i*elementSize
		flags, pos := u32(page[at:]), int64(at)+u32(page[at+4:])
		start := pos + u32(page[at+8:])
		end := start + u32(page[at+12:])
		switch {
		case end > int64(len(page)):
			return errors.New("has a value beyond its end")
		case flags == flagBucket:
			if err := c.bucket(page[start:end], depth); err != nil {
				return err
			}
		case flags != 0:
			return errors.New("has a value of no known type")
		}
	}
	return nil
}

// bucket checks a bucket by its entry in a leaf.
func (c *checker) bucket(value []byte, depth int) error {
	if len(value) < bucketSize {
		return errors.New("has a broken bucket")
	}
	if root := number(value); root != 0 {
		return c.tree(root, depth+1, nil, nil)
	}
	inline := value[bucketSize:]
	if len(inline) < headerSize || u16(inline[8:]) != flagLeaf || depth > maxDepth {
		return errors.New("has a broken inline bucket")
	}
	return c.leaf(inline, depth+1, nil, nil)
}

// elements returns the keys of a page, whose elements hold the position and length of the key at
// the given offsets.
func elements(page []byte, position, length int) ([][]byte, error) {
	count := u16(page[10:])
	if headerSize+count*elementSize > len(page) {
		return nil, errors.New("has more entries than room")
	}
	keys := make([][]byte, count)
	for i := range keys {
		at := headerSize + i*elementSize
		start := int64(at) + u32(page[at+position:])
		end := start + u32(page[at+length:])
		if start < int64(headerSize+count*elementSize) || end > int64(len(page)) || start == end {
			return nil, errors.New("has a key outside of it")
		}
		keys[i] = page[start:end]
	}
	return keys, nil
}

// between checks that keys increase, and lie within bounds.
func between(keys [][]byte, low, high []byte) error {
	for i, key := range keys {
		if i > 0 && bytes.Compare(keys[i-1], key) >= 0 || low != nil && bytes.Compare(key, low) < 0 ||
			high != nil && bytes.Compare(key, high) >= 0 {
			return errors.New("has keys out of order")
		}
	}
	return nil
}

// freelist checks the list of free pages: bbolt overwrites the pages it names.
func (c *checker) freelist(id int64) error {
	page, err := c.page(id)
	if err != nil {
		return err
	}
	ids, count := page[headerSize:], int64(u16(page[10:]))
	if count == 0xFFFF {
		count, ids = number(ids), ids[8:]
	}
	if u16(page[8:]) != flagFreelist || count < 0 || count > int64(len(ids)/8) {
		return fmt.Errorf("page %d is not a list of free pages", id)
	}
	for part := range slices.Chunk(ids[:count*8], 8) {
		if free := number(part); free < 2 || free >= c.high || !c.mark(free) {
			return fmt.Errorf("page %d: the free page %d is not free", id, free)
		}
	}
	return nil
}
