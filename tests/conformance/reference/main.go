// Builds one Dockerfile by a buildkitd, with the official frontend in this process, so that the graph which the frontend
// asks for can be kept as well. See ../README.md; ../judge/reference.py runs it.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/frontend/dockerfile/builder"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/auth/authprovider"
	"github.com/moby/buildkit/session/secrets/secretsprovider"
	"github.com/moby/buildkit/solver/pb"
	"github.com/tonistiigi/fsutil"
)

// pairs is a flag NAME=VALUE that may stand more than once.
type pairs map[string]string

func (p pairs) String() string { return "" }

func (p pairs) Set(text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok {
		return fmt.Errorf("%q is not NAME=VALUE", text)
	}
	p[name] = value
	return nil
}

type list []string

func (l *list) String() string { return "" }

func (l *list) Set(text string) error {
	*l = append(*l, text)
	return nil
}

// recorder keeps the definition that the frontend asked for last: the image's.
type recorder struct {
	gateway.Client
	last *pb.Definition
}

func (r *recorder) Solve(ctx context.Context, request gateway.SolveRequest) (*gateway.Result, error) {
	r.last = request.Definition
	return r.Client.Solve(ctx, request)
}

func main() {
	address := flag.String("addr", "", "where buildkitd listens")
	archive := flag.String("oci", "", "OCI archive to write")
	rewrite := flag.Bool("rewrite-timestamp", false, "clamp the times of files to SOURCE_DATE_EPOCH")
	definition := flag.String("definition", "", "file for the graph that was asked for")
	answer := flag.String("answer", "", "file for result.json of a subrequest")
	attributes, locals, secrets := pairs{}, pairs{}, pairs{}
	var allowed list
	flag.Var(attributes, "opt", "NAME=VALUE for the frontend")
	flag.Var(locals, "local", "NAME=DIRECTORY")
	flag.Var(secrets, "secret", "ID=FILE")
	flag.Var(&allowed, "allow", "entitlement")
	flag.Parse()
	var exports []client.ExportEntry
	if *archive != "" {
		exports = []client.ExportEntry{{
			Type:   client.ExporterOCI,
			Attrs:  map[string]string{"rewrite-timestamp": strconv.FormatBool(*rewrite)},
			Output: func(map[string]string) (io.WriteCloser, error) { return os.Create(*archive) },
		}}
	}
	options := client.SolveOpt{FrontendAttrs: attributes, Exports: exports, AllowedEntitlements: allowed}
	if err := build(*address, *definition, *answer, options, locals, secrets); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func build(address, definition, answer string, options client.SolveOpt, locals, secrets pairs) error {
	ctx := context.Background()
	connection, err := client.New(ctx, address)
	if err != nil {
		return err
	}
	defer connection.Close()

	options.LocalMounts = map[string]fsutil.FS{}
	// Or the daemon would make this context out of another case's, whose directories keep their times.
	options.SharedKey = locals["context"]
	for name, directory := range locals {
		if options.LocalMounts[name], err = fsutil.NewFS(directory); err != nil {
			return err
		}
	}
	values := map[string][]byte{}
	for id, file := range secrets {
		if values[id], err = os.ReadFile(file); err != nil {
			return err
		}
	}
	options.Session = []session.Attachable{
		secretsprovider.FromMap(values),
		authprovider.NewDockerAuthProvider(authprovider.DockerAuthProviderConfig{}),
	}
	recorded := &recorder{}
	run := func(ctx context.Context, c gateway.Client) (*gateway.Result, error) {
		recorded.Client = c
		result, err := builder.Build(ctx, recorded)
		if err == nil && answer != "" {
			err = os.WriteFile(answer, result.Metadata["result.json"], 0o644)
		}
		return result, err
	}
	statuses := make(chan *client.SolveStatus)
	var printer sync.WaitGroup
	printer.Go(func() { printLogs(statuses) })
	_, err = connection.Build(ctx, options, "", run, statuses)
	printer.Wait()
	if err == nil && definition != "" {
		// The bytes that came from the frontend stay as they are: only the envelope is written anew.
		var bytes []byte
		if recorded.last != nil {
			if bytes, err = recorded.last.MarshalVT(); err != nil {
				return err
			}
		}
		err = os.WriteFile(definition, bytes, 0o644)
	}
	return err
}

func printLogs(statuses chan *client.SolveStatus) {
	for status := range statuses {
		for _, log := range status.Logs {
			os.Stderr.Write(log.Data)
		}
	}
}
