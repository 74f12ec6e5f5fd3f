// Command pulumi-language-nodejs starts Node programs for the Pulumi engine, with the SDK's own runner.
//
// The engine starts it, reads a port from its standard output, and asks it over gRPC to run a program. Pulumi's own host is a module that
// cannot be built from every module proxy. This host has only the functions that the end-to-end tests need. It runs JavaScript, and does
// not install dependencies, debug or trace.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// The runner exits with this code after it has printed the error.
const loggedExitCode = 32

type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
	engine string
}

func main() {
	if len(os.Args) < 2 {
		fatal(errors.New("the engine's address is missing"))
	}
	server := &host{engine: os.Args[len(os.Args)-1]}
	cancel := make(chan bool)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	// End this process if the engine is killed.
	if err := rpcutil.Healthcheck(ctx, server.engine, 5*time.Minute, func() { close(cancel) }); err != nil {
		fatal(err)
	}
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: cancel,
		Init: func(s *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(s, server)
			return nil
		},
	})
	if err != nil {
		fatal(err)
	}
	fmt.Println(handle.Port)
	if err := <-handle.Done; err != nil {
		fatal(err)
	}
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "pulumi-language-nodejs:", err)
	os.Exit(1)
}

func (h *host) Handshake(context.Context, *pulumirpc.LanguageHandshakeRequest) (*pulumirpc.LanguageHandshakeResponse, error) {
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{}, nil
}

// The plugin for dynamic providers is on the path, so nothing has to be installed.
func (h *host) GetRequiredPackages(
	context.Context, *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	return &pulumirpc.GetRequiredPackagesResponse{}, nil
}

func (h *host) Run(ctx context.Context, request *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	config, err := json.Marshal(request.GetConfig())
	if err != nil {
		return nil, err
	}
	secrets, err := json.Marshal(request.GetConfigSecretKeys())
	if err != nil {
		return nil, err
	}
	info := request.GetInfo()
	program := filepath.Join(info.GetProgramDirectory(), info.GetEntryPoint())
	runner, err := runnerFor(program)
	if err != nil {
		return nil, err
	}
	args := []string{
		runner,
		"--monitor", request.GetMonitorAddress(),
		"--engine", h.engine,
		"--organization", request.GetOrganization(),
		"--project", request.GetProject(),
		"--stack", request.GetStack(),
		"--root-directory", info.GetRootDirectory(),
		"--pwd", request.GetPwd(),
		"--parallel", strconv.Itoa(int(request.GetParallel())),
	}
	if request.GetDryRun() {
		args = append(args, "--dry-run")
	}
	args = append(append(args, program), request.GetArgs()...)

	node := exec.CommandContext(ctx, "node", args...)
	node.Dir = request.GetPwd()
	node.Env = append(os.Environ(), "PULUMI_CONFIG="+string(config), "PULUMI_CONFIG_SECRET_KEYS="+string(secrets))
	// The engine reads this process's standard output. It shows both streams to the user.
	node.Stdout, node.Stderr = os.Stdout, os.Stderr
	err = node.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}, nil
	case errors.As(err, &exit) && exit.ExitCode() == loggedExitCode:
		return &pulumirpc.RunResponse{Bail: true}, nil
	default:
		return &pulumirpc.RunResponse{Error: "the program failed: " + err.Error()}, nil
	}
}

// The SDK's runner, from the node_modules that Node itself would find for the program. SST keeps its programs in
// .sst/platform, away from Pulumi.yaml, and installs the SDK there.
func runnerFor(program string) (string, error) {
	for folder := program; ; folder = filepath.Dir(folder) {
		runner := filepath.Join(folder, "node_modules", "@pulumi", "pulumi", "cmd", "run")
		if _, err := os.Stat(runner); err == nil {
			return runner, nil
		}
		if folder == filepath.Dir(folder) {
			return "", fmt.Errorf("@pulumi/pulumi is not installed in %s or above", filepath.Dir(program))
		}
	}
}
