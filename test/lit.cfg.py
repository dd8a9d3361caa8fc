# Configuration of lit: which files are tests and what their RUN lines may say.
#
#   rnnc rnn-opt rnn-run       the tools of this build
#   FileCheck not              LLVM's
#   %python                    a Python that may have NumPy and PyTorch
#   %cc %cxx                   the compilers of this build, with its flags
#   %include %librnn           the runtime's headers and library
#   %{rnn_libs}                what a program links with besides its objects
#   %source %llvm_include      the project's folder, LLVM's headers
#   %shared                    the folder of larger texts (feature shared-data)
#
# Features for REQUIRES: numpy, torch, shared-data, asan, and aarch64 where
# programs for it can be linked and run (Debian: gcc-aarch64-linux-gnu,
# libc6-dev-arm64-cross, qemu-user).
import os
import shutil
import subprocess

import lit.formats

config.name = "rnnc"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".rnn", ".test", ".py"]
config.excludes = ["Inputs", "unit", "lit.cfg.py", "lit.local.cfg"]
config.test_source_root = os.path.join(config.rnnc_source_dir, "test")
config.test_exec_root = os.path.join(config.rnnc_build_dir, "test", "lit")

build = config.rnnc_build_dir
tools = os.path.join(build, "bin")
path = [tools, config.llvm_tools_dir, config.environment.get("PATH", "")]
config.environment["PATH"] = os.pathsep.join(path)
# Python programs of the tests and of the examples share modules.
config.environment["PYTHONPATH"] = os.path.join(
    config.rnnc_source_dir, "examples", "common")
# Sanitizers print symbols with it.
for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
    if name in os.environ:
        config.environment[name] = os.environ[name]


def add(pattern, value):
    config.substitutions.append((pattern, value))


runtime = os.path.join(build, "lib")
add(r"%python", f'"{config.python}"')
add(r"%cxx", f"{config.cxx} {config.cxx_flags}")
add(r"%cc", f"{config.cc} {config.c_flags}")
add(r"%include", os.path.join(config.rnnc_source_dir, "runtime", "include"))
add(r"%librnn", os.path.join(runtime, "librnn.a"))
add(r"%\{rnn_libs\}",
    f"{runtime}/librnn_train.a {runtime}/librnn.a -ldnnl -lstdc++ -lm -ldl -lpthread")
add(r"%shared", config.shared_data)
add(r"%source", config.rnnc_source_dir)
add(r"%llvm_include", config.llvm_include)
# The tools of this build, not ones that happen to be installed.
for tool in ("rnnc", "rnn-opt", "rnn-run"):
    add(rf"(?<![\w/.%-]){tool}(?![\w./-])", os.path.join(tools, tool))
for tool in ("FileCheck", "not", "split-file"):
    add(rf"(?<![\w/.%-]){tool}(?![\w./-])",
        os.path.join(config.llvm_tools_dir, tool))


def python_has(module):
    probe = ("import importlib.util, sys;"
             f"sys.exit(importlib.util.find_spec('{module}') is None)")
    return subprocess.run([config.python, "-c", probe], check=False).returncode == 0


for module in ("numpy", "torch"):
    if python_has(module):
        config.available_features.add(module)
if os.path.isdir(config.shared_data):
    config.available_features.add("shared-data")
if shutil.which("qemu-aarch64") and shutil.which("aarch64-linux-gnu-gcc"):
    config.available_features.add("aarch64")
if "-fsanitize=" in config.c_flags:
    config.available_features.add("asan")
