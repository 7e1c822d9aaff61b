// Reads a checkpoint and tiles with Go's own implementation of transparency logs, and checks
// that the tiles have the signed root and that they prove each leaf that is asked for.
//
// Usage: second-opinion FOLDER VKEY LEAF...
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type folder string

func (folder) Height() int { return 8 }

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		// Go's paths begin with the height: tile/8/0/000. C2SP leaves it out.
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(string(f), path))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func (folder) SaveTiles([]tlog.Tile, [][]byte) {}

func main() {
	if err := run(os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(dir, vkey string, leaves []string) error {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return err
	}
	signed, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return err
	}
	lines := strings.Split(signed.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return err
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return err
	}
	reader := tlog.TileHashReader(tlog.Tree{N: size, Hash: root}, folder(dir))
	computed, err := tlog.TreeHash(size, reader)
	if err != nil {
		return err
	}
	if computed != root {
		return fmt.Errorf("tiles have the root %v, signed is %v", computed, root)
	}
	for _, text := range leaves {
		leaf, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return err
		}
		hashes, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, leaf)})
		if err != nil {
			return err
		}
		proof, err := tlog.ProveRecord(size, leaf, reader)
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(proof, size, root, leaf, hashes[0]); err != nil {
			return err
		}
	}
	fmt.Printf("%s %d %d\n", lines[0], size, len(leaves))
	return nil
}
