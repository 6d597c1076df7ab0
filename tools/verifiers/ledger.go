// Checks a ledger with the Go reference implementation, golang.org/x/mod/sumdb.
//
//	ledger -key KEY DIR                               an export, a published directory, or a bag
//	ledger -key KEY -proof FILE -entry FILE           that an entry is in the ledger
//	ledger -key KEY -consistency FILE -since FILE     that a ledger extends an earlier checkpoint
//
// On Debian, with golang-go and golang-golang-x-mod-dev:
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run tools/verifiers/ledger.go -key KEY DIR
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "refused:", err)
		os.Exit(1)
	}
}

func refuse(format string, values ...interface{}) { must(fmt.Errorf(format, values...)) }

func read(path string) []byte {
	content, err := os.ReadFile(path)
	must(err)
	return content
}

func parseHash(line string) tlog.Hash {
	content, err := base64.StdEncoding.Strict().DecodeString(line)
	must(err)
	var hash tlog.Hash
	if copy(hash[:], content) != tlog.HashSize || len(content) != tlog.HashSize {
		refuse("not a hash: %q", line)
	}
	return hash
}

// checkpoint opens a signed note, and reads origin, size and root.
func checkpoint(message []byte, verifier note.Verifier) tlog.Tree {
	opened, err := note.Open(message, note.VerifierList(verifier))
	must(err)
	for _, signature := range opened.Sigs {
		// The library takes text that no encoder writes for the same bytes.
		_, err := base64.StdEncoding.Strict().DecodeString(signature.Base64)
		must(err)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		refuse("not a checkpoint of %s", verifier.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	return tlog.Tree{N: size, Hash: parseHash(lines[2])}
}

// proof reads the lines of a proof and the checkpoint behind them.
func proof(content []byte, heads int) ([]string, []tlog.Hash, []byte) {
	parts := bytes.SplitN(content, []byte("\n\n"), 2)
	if len(parts) != 2 {
		refuse("not a proof")
	}
	lines := strings.Split(string(parts[0]), "\n")
	if len(lines) < heads {
		refuse("not a proof")
	}
	var hashes []tlog.Hash
	for _, line := range lines[heads:] {
		hashes = append(hashes, parseHash(line))
	}
	return lines[:heads], hashes, parts[1]
}

func number(line, word string) int64 {
	if !strings.HasPrefix(line, word) {
		refuse("%q does not begin with %q", line, word)
	}
	value, err := strconv.ParseInt(line[len(word):], 10, 64)
	must(err)
	return value
}

func inclusion(file, content string, verifier note.Verifier) (int64, tlog.Tree) {
	heads, hashes, message := proof(read(file), 2)
	if heads[0] != "c2sp.org/tlog-proof@v1" {
		refuse("%s is not a tlog-proof", file)
	}
	index := number(heads[1], "index ")
	head := checkpoint(message, verifier)
	must(tlog.CheckRecord(hashes, head.N, head.Hash, index, tlog.RecordHash(read(content))))
	return index, head
}

func consistency(file, since string, verifier note.Verifier) {
	heads, hashes, message := proof(read(file), 1)
	earlier := checkpoint(read(since), verifier)
	if number(heads[0], "old ") != earlier.N {
		refuse("the proof is about another checkpoint")
	}
	head := checkpoint(message, verifier)
	must(tlog.CheckTree(hashes, head.N, head.Hash, earlier.N, earlier.Hash))
	fmt.Printf("%d entries extend %d\n", head.N, earlier.N)
}

func export(folder string, verifier note.Verifier) {
	head := checkpoint(read(filepath.Join(folder, "checkpoint")), verifier)
	content := read(filepath.Join(folder, "entries.jsonl"))
	if len(content) > 0 && content[len(content)-1] != '\n' {
		refuse("the last line has no end")
	}
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var hashes []tlog.Hash
		for _, index := range indexes {
			hashes = append(hashes, stored[index])
		}
		return hashes, nil
	})
	var size int64
	lines := bytes.Split(content, []byte("\n"))
	for _, line := range lines[:len(lines)-1] {
		hashes, err := tlog.StoredHashes(size, line, reader)
		must(err)
		stored = append(stored, hashes...)
		size++
	}
	if size != head.N {
		refuse("%d entries, where the checkpoint signs %d", size, head.N)
	}
	root, err := tlog.TreeHash(size, reader)
	must(err)
	if root != head.Hash {
		refuse("the entries are not those that the checkpoint signs")
	}
	strands := newStrands()
	for _, line := range lines[:len(lines)-1] {
		strands.apply(parseEntry(line))
	}
	if !strands.closed {
		refuse("the ledger does not end with its strands")
	}
	fmt.Printf("%d entries fit the signed checkpoint, and their %d strands what they say\n", size, len(strands.order))
}

// entry is what entries say of their strands.
type entry struct {
	Kind   string
	Strand string
	Case   string
	Place  int64
	After  *int64
	Count  int
	Root   string
}

func parseEntry(line []byte) entry {
	var parsed entry
	must(json.Unmarshal(line, &parsed))
	if parsed.Strand == "" {
		parsed.Strand = parsed.Case
	}
	return parsed
}

type end struct{ place, number int64 }

func digest(prefix byte, parts ...[]byte) []byte {
	hash := sha256.New()
	hash.Write([]byte{prefix})
	for _, part := range parts {
		hash.Write(part)
	}
	return hash.Sum(nil)
}

func strandLeaf(name string, last end) []byte {
	var numbers [16]byte
	binary.BigEndian.PutUint64(numbers[:8], uint64(last.place))
	binary.BigEndian.PutUint64(numbers[8:], uint64(last.number))
	return digest(2, []byte{byte(len(name))}, []byte(name), numbers[:])
}

// strands are the entries about one thing, in their order, by all entries of a ledger.
type strands struct {
	order  []string
	ends   map[string]end
	number int64
	closed bool
	// The places of strands that grew since the root was asked for, and the hashes by level.
	places map[string]int
	grown  map[int]bool
	levels [][][]byte
}

func newStrands() *strands {
	found := &strands{order: []string{"rules", "holds", "people", "work"}, ends: map[string]end{},
		places: map[string]int{}, grown: map[int]bool{}}
	for place, name := range found.order {
		found.ends[name], found.places[name], found.grown[place] = end{}, place, true
	}
	return found
}

func (s *strands) root() string {
	changed := s.grown
	s.grown = map[int]bool{}
	// Only what is above the strands that grew is hashed again.
	for level, width := 0, len(s.order); ; level++ {
		if level == len(s.levels) {
			// A level that is new holds all that is below it.
			s.levels = append(s.levels, nil)
			for place := 0; place < width; place++ {
				changed[place] = true
			}
		}
		for len(s.levels[level]) < width {
			s.levels[level] = append(s.levels[level], nil)
		}
		above := map[int]bool{}
		for place := range changed {
			if level == 0 {
				s.levels[0][place] = strandLeaf(s.order[place], s.ends[s.order[place]])
			} else {
				below := s.levels[level-1]
				s.levels[level][place] = digest(3, below[place*16:min(place*16+16, len(below))]...)
			}
			above[place/16] = true
		}
		if level > 0 && width == 1 {
			return hex.EncodeToString(s.levels[level][0])
		}
		changed, width = above, (width+15)/16
	}
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}

func (s *strands) apply(next entry) {
	s.closed = next.Kind == "strands"
	if s.closed && (next.Count != len(s.order) || next.Root != s.root()) {
		refuse("entry %d: the strands before it come to another root", s.number)
	}
	last, known := s.ends[next.Strand]
	if known == (next.Kind == "case registered") {
		refuse("entry %d: a case begins with its registration, and once", s.number)
	}
	if !known {
		s.places[next.Strand] = len(s.order)
		s.order = append(s.order, next.Strand)
	}
	s.grown[s.places[next.Strand]] = true
	if !follows(next, last) {
		refuse("entry %d: its place in the strand %s is another", s.number, next.Strand)
	}
	s.ends[next.Strand] = end{last.place + 1, s.number}
	s.number++
}

func follows(next entry, last end) bool {
	if next.Place != last.place+1 || (next.After == nil) != (last.place == 0) {
		return false
	}
	return next.After == nil || *next.After == last.number
}

// strandProof sees that the entries about a case in a folder are all there are.
func strandProof(folder string, head tlog.Tree, entries map[int64]entry, caseUID string) {
	closing := entries[head.N-1]
	if closing.Kind != "strands" {
		refuse("the last entry of the checkpoint does not close the strands")
	}
	lines := strings.Split(string(read(filepath.Join(folder, "custody", "case.strand-proof"))), "\n")
	if len(lines) < 8 || lines[0] != "strongroom/strand-proof@v1" || lines[len(lines)-1] != "" ||
		!strings.HasPrefix(lines[1], "strand ") {
		refuse("it is not the proof of a strand")
	}
	name := lines[1][len("strand "):]
	last := end{number(lines[2], "place "), number(lines[3], "number ")}
	leaf, count := number(lines[4], "leaf "), number(lines[5], "count ")
	if _, known := entries[last.number]; name != caseUID || len(name) != 32 || last.place < 1 || leaf < 0 || !known {
		refuse("it is not the proof of the case")
	}
	hash, index, width := strandLeaf(name, last), leaf, count
	for _, line := range lines[6 : len(lines)-1] {
		var children [][]byte
		for _, child := range strings.Split(line, " ") {
			parsed := parseHash(child)
			children = append(children, parsed[:])
		}
		if int64(len(children)) != int64(min(16, int(width-index/16*16))) || !bytes.Equal(children[index%16], hash) {
			refuse("the proof does not lead from the strand to its root")
		}
		hash, index, width = digest(3, children...), index/16, (width+15)/16
	}
	if width != 1 || leaf >= count || count != int64(closing.Count) || hex.EncodeToString(hash) != closing.Root {
		refuse("the proof does not lead to the root of the strands")
	}
	var own []int64
	for number, entry := range entries {
		if entry.Strand == name {
			own = append(own, number)
		}
	}
	sort.Slice(own, func(a, b int) bool { return own[a] < own[b] })
	var reached end
	for _, number := range own {
		if !follows(entries[number], reached) {
			refuse("entries about the case are missing before entry %d", number)
		}
		reached = end{reached.place + 1, number}
	}
	if reached != last {
		refuse("entries about the case are missing")
	}
}

func bag(folder string, verifier note.Verifier) {
	head := checkpoint(read(filepath.Join(folder, "checkpoint")), verifier)
	proofs, err := filepath.Glob(filepath.Join(folder, "custody", "*.tlog-proof"))
	must(err)
	if len(proofs) == 0 {
		refuse("no proofs in %s", folder)
	}
	entries := map[int64]entry{}
	for _, file := range proofs {
		name := strings.TrimSuffix(file, ".tlog-proof")
		index, tree := inclusion(file, name+".json", verifier)
		if strconv.FormatInt(index, 10) != filepath.Base(name) || tree != head {
			refuse("%s is about another entry, or another checkpoint", file)
		}
		entries[index] = parseEntry(read(name + ".json"))
	}
	form, caseUID := subject(folder)
	// The certificate of a run is about many cases: it proves what is in it, and no more.
	if form == "run" {
		fmt.Printf("%d entries are in the ledger of %d; that there are no others it does not show\n", len(proofs), head.N)
		return
	}
	strandProof(folder, head, entries, caseUID)
	fmt.Printf("%d entries are in the ledger of %d, and all that are about the case are there\n", len(proofs), head.N)
}

// subject reads what a bag or a certificate is about. A bag is one whatever else lies in it.
func subject(folder string) (form, caseUID string) {
	name := "certificate.json"
	if _, err := os.Stat(filepath.Join(folder, "bagit.txt")); err == nil {
		name = "custody.json"
	}
	var document struct{ Form, CaseUID string }
	must(json.Unmarshal(read(filepath.Join(folder, name)), &document))
	if name == "custody.json" {
		document.Form = "case"
	}
	return document.Form, document.CaseUID
}

func main() {
	key := flag.String("key", "", "the archive's verifier key")
	proofFile := flag.String("proof", "", "a tlog-proof")
	entryFile := flag.String("entry", "", "the entry that the proof is about")
	consistencyFile := flag.String("consistency", "", "a proof of consistency")
	since := flag.String("since", "", "an earlier checkpoint")
	flag.Parse()
	verifier, err := note.NewVerifier(*key)
	must(err)
	switch {
	case *proofFile != "":
		index, _ := inclusion(*proofFile, *entryFile, verifier)
		fmt.Printf("entry %d is in the ledger\n", index)
	case *consistencyFile != "":
		consistency(*consistencyFile, *since, verifier)
	default:
		folder := flag.Arg(0)
		if _, err := os.Stat(filepath.Join(folder, "custody")); err == nil {
			bag(folder, verifier)
		} else {
			export(folder, verifier)
		}
	}
}
