// Judges Dockerfiles by the official frontend, in this process and without a daemon: nothing is built, no image is asked
// for. Standard input is a list of builds, standard output for each what is wrong with it. tests/stacks/judge runs it.
//
// The frontend sees a daemon that knows its two local folders, has every image (empty, for any platform) and accepts every
// graph. So lint and outline answer, and the graph is made and encoded, as `docker buildx build` would have them.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/builder"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	gwpb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/frontend/subrequests/lint"
	"github.com/moby/buildkit/frontend/subrequests/outline"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	fsutil "github.com/tonistiigi/fsutil/types"
	"golang.org/x/sync/errgroup"
)

// A build is what `docker buildx build` is told.
type build struct {
	Dockerfile string // its path
	Target     string
	Platform   string
	Args       map[string]string
	Contexts   map[string]string
}

func (b build) options() map[string]string {
	options := map[string]string{"target": b.Target, "platform": b.Platform}
	for name, value := range b.Args {
		options["build-arg:"+name] = value
	}
	for name, where := range b.Contexts {
		if !strings.Contains(where, "://") {
			where = "local:" + name
		}
		options["context:"+name] = where
	}
	return options
}

// daemon is as much of a gateway as the frontend needs.
type daemon struct {
	gateway.Client
	options    map[string]string
	dockerfile []byte
	graph      *pb.Definition // the last that was to be solved
}

func (d *daemon) BuildOpts() gateway.BuildOpts {
	native := platforms.Normalize(platforms.DefaultSpec())
	return gateway.BuildOpts{
		Opts:    d.options,
		Workers: []gateway.WorkerInfo{{ID: "none", Platforms: []ocispecs.Platform{native}}},
		LLBCaps: pb.Caps.CapSet(pb.Caps.All()),
		Caps:    gwpb.Caps.CapSet(gwpb.Caps.All()),
	}
}

func (d *daemon) Inputs(context.Context) (map[string]llb.State, error) { return nil, nil }

func (d *daemon) Solve(_ context.Context, request gateway.SolveRequest) (*gateway.Result, error) {
	if request.Frontend != "" {
		return nil, fmt.Errorf("the Dockerfile asks for the frontend %q, %v", request.Frontend, request.FrontendOpt["source"])
	}
	d.graph = request.Definition
	result := gateway.NewResult()
	result.SetRef(&folder{dockerfile: d.dockerfile})
	return result, nil
}

func (d *daemon) ResolveImageConfig(_ context.Context, ref string, options sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	platform := platforms.DefaultSpec()
	if options.ImageOpt != nil && options.ImageOpt.Platform != nil {
		platform = *options.ImageOpt.Platform
	}
	config, err := json.Marshal(ocispecs.Image{Platform: platform, RootFS: ocispecs.RootFS{Type: "layers"}})
	return ref, digest.FromBytes(config), config, err
}

func (d *daemon) Warn(context.Context, digest.Digest, string, gateway.WarnOpts) error { return nil }

// folder is the context: it has the Dockerfile and nothing else.
type folder struct {
	gateway.Reference
	dockerfile []byte
}

func (f *folder) StatFile(context.Context, gateway.StatRequest) (*fsutil.Stat, error) {
	return nil, os.ErrNotExist
}

func (f *folder) ReadFile(_ context.Context, request gateway.ReadRequest) ([]byte, error) {
	if request.Filename != "Dockerfile" {
		return nil, fmt.Errorf("%s: %w", request.Filename, os.ErrNotExist)
	}
	text := f.dockerfile
	if r := request.Range; r != nil {
		text = text[min(r.Offset, len(text)):]
		text = text[:min(r.Length, len(text))]
	}
	return text, nil
}

// ask runs the frontend with one more option.
func (b build) ask(dockerfile []byte, request string) (*gateway.Result, *pb.Definition, error) {
	options := maps.Clone(b.options())
	if request != "" {
		options["requestid"] = request
		options["frontend.caps"] = "moby.buildkit.frontend.subrequests"
	}
	d := &daemon{options: options, dockerfile: dockerfile}
	result, err := builder.Build(context.Background(), d)
	return result, d.graph, err
}

func answerOf[T any](b build, dockerfile []byte, request string) (answer T, err error) {
	result, _, err := b.ask(dockerfile, request)
	if err == nil {
		err = json.Unmarshal(result.Metadata["result.json"], &answer)
	}
	return answer, err
}

// judge says what is wrong with a build: each a line, with "Dockerfile:LINE: " where there is one.
func (b build) judge() ([]string, error) {
	dockerfile, err := os.ReadFile(b.Dockerfile)
	if err != nil {
		return nil, err
	}
	faults := []string{}
	add := func(where *pb.Location, text string) {
		if where != nil && len(where.Ranges) > 0 {
			text = fmt.Sprintf("Dockerfile:%d: %s", where.Ranges[0].Start.Line, text)
		}
		faults = append(faults, text)
	}
	found, err := answerOf[lint.LintResults](b, dockerfile, lint.RequestLint)
	if err != nil {
		add(nil, err.Error())
	}
	for _, warning := range found.Warnings {
		add(warning.Location, warning.RuleName+": "+warning.Detail)
	}
	if found.Error != nil {
		add(&found.Error.Location, found.Error.Message)
		return faults, nil // the same error thrice would say no more
	}
	outlined, err := answerOf[outline.Outline](b, dockerfile, outline.RequestSubrequestsOutline)
	if err != nil {
		add(nil, "outline: "+err.Error())
	} else if !strings.EqualFold(outlined.Name, b.Target) {
		add(nil, fmt.Sprintf("outline: the target is %q instead of %q", outlined.Name, b.Target))
	}
	_, graph, err := b.ask(dockerfile, "")
	if err != nil {
		add(nil, err.Error())
		return faults, nil
	}
	missing, err := missingFiles(graph, b.Contexts)
	return append(faults, missing...), err
}

// missingFiles are those that steps of the graph take out of folders, and that are not there.
func missingFiles(graph *pb.Definition, contexts map[string]string) ([]string, error) {
	folders := map[string]string{} // by the vertex that is the folder
	ops := make([]*pb.Op, len(graph.Def))
	for i, bytes := range graph.Def {
		ops[i] = &pb.Op{}
		if err := ops[i].Unmarshal(bytes); err != nil {
			return nil, err
		}
		if name, ok := strings.CutPrefix(ops[i].GetSource().GetIdentifier(), "local://"); ok {
			folders[digest.FromBytes(bytes).String()] = contexts[name]
		}
	}
	missing := []string{}
	for _, op := range ops {
		look := func(input int64, path string) {
			if input < 0 || input >= int64(len(op.Inputs)) || path == "" {
				return
			}
			folder := folders[op.Inputs[input].Digest]
			if folder == "" {
				return
			}
			if found, _ := filepath.Glob(filepath.Join(folder, path)); found == nil {
				missing = append(missing, fmt.Sprintf("there is no %q", strings.TrimPrefix(path, "/")))
			}
		}
		for _, mount := range op.GetExec().GetMounts() {
			look(mount.Input, mount.Selector)
		}
		for _, action := range op.GetFile().GetActions() {
			if from := action.GetCopy(); from != nil {
				look(action.SecondaryInput, from.Src)
			}
		}
	}
	return missing, nil
}

func run() error {
	var builds []build
	if err := json.NewDecoder(os.Stdin).Decode(&builds); err != nil {
		return err
	}
	faults := make([][]string, len(builds))
	var group errgroup.Group
	group.SetLimit(runtime.NumCPU())
	for i, b := range builds {
		group.Go(func() (err error) {
			faults[i], err = b.judge()
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(faults)
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
