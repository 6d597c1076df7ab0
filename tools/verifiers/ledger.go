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
	"encoding/base64"
	"flag"
	"fmt"
	"os"
	"path/filepath"
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

func inclusion(file, entry string, verifier note.Verifier) (int64, tlog.Tree) {
	heads, hashes, message := proof(read(file), 2)
	if heads[0] != "c2sp.org/tlog-proof@v1" {
		refuse("%s is not a tlog-proof", file)
	}
	index := number(heads[1], "index ")
	head := checkpoint(message, verifier)
	must(tlog.CheckRecord(hashes, head.N, head.Hash, index, tlog.RecordHash(read(entry))))
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
	fmt.Printf("%d entries fit the signed checkpoint\n", size)
}

func bag(folder string, verifier note.Verifier) {
	head := checkpoint(read(filepath.Join(folder, "checkpoint")), verifier)
	proofs, err := filepath.Glob(filepath.Join(folder, "custody", "*.tlog-proof"))
	must(err)
	if len(proofs) == 0 {
		refuse("no proofs in %s", folder)
	}
	for _, file := range proofs {
		name := strings.TrimSuffix(file, ".tlog-proof")
		index, tree := inclusion(file, name+".json", verifier)
		if strconv.FormatInt(index, 10) != filepath.Base(name) || tree != head {
			refuse("%s is about another entry, or another checkpoint", file)
		}
	}
	fmt.Printf("%d entries are in the ledger of %d\n", len(proofs), head.N)
}

func main() {
	key := flag.String("key", "", "the archive's verifier key")
	proofFile := flag.String("proof", "", "a tlog-proof")
	entry := flag.String("entry", "", "the entry that the proof is about")
	consistencyFile := flag.String("consistency", "", "a proof of consistency")
	since := flag.String("since", "", "an earlier checkpoint")
	flag.Parse()
	verifier, err := note.NewVerifier(*key)
	must(err)
	switch {
	case *proofFile != "":
		index, _ := inclusion(*proofFile, *entry, verifier)
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
