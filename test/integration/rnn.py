"""Compiled models in Python, through the C ABI and nothing else.

`compile_model` has rnnc write a shared object and returns its `Model`, which
reads the descriptor. A `Plan` runs it; a `Call` holds the buffers of a call, so
that the same call can be made thousands of times while a test changes their
elements in place.
"""

import ctypes
import os
import subprocess

import numpy

AXES, RANK, FUNCTIONS = 4, 4, 4
CLASSES = 2 * AXES + 2
FORWARD, LOSS, GRADIENT, TANGENT = range(4)
(OK, ARGUMENT, TOKEN, CAPACITY, UNSUPPORTED, MEMORY, CPU, VERSION, FILE, MISMATCH, NOT_PACKED, LIBRARY) = range(12)

pointer = ctypes.c_void_p
i32, u32, i64, u64 = ctypes.c_int32, ctypes.c_uint32, ctypes.c_int64, ctypes.c_uint64


def structure(name, /, **fields):
    return type(name, (ctypes.Structure,), {"_fields_": list(fields.items())})


CTensor = structure(
    "CTensor", name=ctypes.c_char_p, type=u32, rank=u32, shape=i64 * RANK, axis=i32, vocabulary=i32,
    offset=u64, size=u64, init=ctypes.c_char_p, init_args=ctypes.c_double * 2,
)
CCall = structure(
    "CCall", struct_size=u32, batch=i64, axes=pointer, inputs=pointer, targets=pointer, outputs=pointer,
    state=pointer, loss=pointer, metrics=pointer, gradient=pointer, input_gradients=pointer,
    state_gradient=pointer, lengths=pointer,
)
CSite = structure("CSite", n=i64, k=i64, axis=i32, reserved=i32)
CFunction = structure(
    "CFunction", struct_size=u32, run=pointer, pack=pointer, packed_bytes=u64,
    arena_coefficients=u64 * CLASSES, sites=ctypes.POINTER(CSite), site_count=u64,
)
CStream = structure(
    "CStream", struct_size=u32, panels_bytes=u64,
    pack=ctypes.CFUNCTYPE(i32, pointer, pointer),
    reset=ctypes.CFUNCTYPE(i32, pointer, pointer),
    step=ctypes.CFUNCTYPE(i32, pointer, pointer, pointer, pointer),
    inputs=ctypes.POINTER(u32), input_count=u64, outputs=ctypes.POINTER(u32), output_count=u64,
)
CModel = structure(
    "CModel", struct_size=u32, abi_version=u32, tensor_size=u32, element_type=u32, name=ctypes.c_char_p,
    cpu=ctypes.c_char_p, features=ctypes.c_char_p, required_features=u64,
    axes=ctypes.POINTER(ctypes.c_char_p), axis_count=u64,
    parameters=ctypes.POINTER(CTensor), parameter_count=u64, parameter_size=u64,
    inputs=ctypes.POINTER(CTensor), input_count=u64,
    targets=ctypes.POINTER(CTensor), target_count=u64,
    outputs=ctypes.POINTER(CTensor), output_count=u64,
    states=ctypes.POINTER(CTensor), state_count=u64, state_bytes=u64,
    metrics=ctypes.POINTER(ctypes.c_char_p), metric_count=u64,
    functions=ctypes.POINTER(CFunction) * FUNCTIONS, stream=ctypes.POINTER(CStream),
    reset=pointer, embedded_weights=pointer, embedded_bytes=u64,
)
COptions = structure(
    "COptions", axes=i64 * AXES, batch=i64, threads=i32, gemm=i32, functions=u32, chunk=i64,
)


class RuntimeFailure(Exception):
    def __init__(self, status, text):
        super().__init__(f"status {status}: {text}")
        self.status, self.text = status, text


def load_library():
    library = ctypes.CDLL(os.environ["RNN_TEST_LIBRARY"])
    for name, arguments in {
        "plan_create": [pointer, pointer, pointer],
        "plan_destroy": [pointer],
        "plan_pack": [pointer, pointer],
        "forward": [pointer, pointer],
        "loss": [pointer, pointer],
        "gradient": [pointer, pointer, pointer],
        "init": [pointer, pointer, u64],
        "load": [pointer, ctypes.c_char_p, pointer],
        "save": [pointer, ctypes.c_char_p, pointer],
        "reset": [pointer, pointer, pointer, i64],
        "test_trainer_create": [pointer, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p,
                                ctypes.c_double, ctypes.c_double, i64, i64],
        "test_trainer_destroy": [pointer],
        "test_trainer_step": [pointer, pointer],
        "test_trainer_params": [pointer],
        "test_trainer_memory": [pointer],
        "test_trainer_state": [pointer],
        "test_trainer_position": [pointer],
    }.items():
        getattr(library, "rnn_" + name).argtypes = arguments
    for name in ("create", "params", "memory", "state"):
        getattr(library, "rnn_test_trainer_" + name).restype = pointer
    library.rnn_test_trainer_position.restype = i64
    library.rnn_last_error.restype = ctypes.c_char_p
    return library


RUNTIME = load_library()


def check(status):
    if status:
        raise RuntimeFailure(status, RUNTIME.rnn_last_error().decode())


def aligned(count, dtype, alignment=64):
    """Zeros that begin at a multiple of the alignment, as states and panels must."""
    size = count * numpy.dtype(dtype).itemsize
    raw = numpy.zeros(size + alignment, numpy.uint8)
    start = -raw.ctypes.data % alignment
    return raw[start : start + size].view(dtype)


def address(array):
    return None if array is None else array.ctypes.data


def addresses(arrays):
    """An array of pointers; null for what is None."""
    return (pointer * max(len(arrays), 1))(*[address(array) for array in arrays])


class Tensor:
    def __init__(self, raw, element):
        self.name = raw.name.decode()
        self.shape = tuple(raw.shape[: raw.rank])
        self.axis, self.vocabulary = raw.axis, raw.vocabulary
        self.offset, self.size = raw.offset, raw.size
        self.dtype = numpy.int32 if raw.type == 2 else element
        self.init = raw.init.decode() if raw.init else None

    def in_batch(self, steps, batch):
        # A token has the shape [1], which its array does not show.
        features = () if self.dtype == numpy.int32 else self.shape
        return ((steps,) if self.axis >= 0 else ()) + (batch,) + features


class Model:
    """A descriptor: parameters, inputs, targets, outputs and states by name."""

    def __init__(self, path, symbol):
        self.library = ctypes.CDLL(os.path.abspath(path))
        self.raw = CModel.in_dll(self.library, symbol)
        raw = self.raw
        assert raw.struct_size == ctypes.sizeof(CModel), "rnn.py and rnn.h disagree"
        assert raw.tensor_size == ctypes.sizeof(CTensor), "rnn.py and rnn.h disagree"
        self.dtype = numpy.dtype(numpy.float64 if raw.element_type == 1 else numpy.float32)
        self.name = raw.name.decode()
        for kind in ("parameter", "input", "target", "output", "state"):
            found = getattr(raw, kind + "s")[: getattr(raw, kind + "_count")]
            setattr(self, kind + "s", {t.name: t for t in (Tensor(r, self.dtype) for r in found)})
        self.metrics = [raw.metrics[i].decode() for i in range(raw.metric_count)]
        self.record = raw.state_bytes // self.dtype.itemsize
        self.stream = raw.stream.contents if raw.stream else None

    @property
    def address(self):
        return ctypes.addressof(self.raw)

    def init(self, seed=1):
        params = numpy.zeros(self.raw.parameter_size, self.dtype)
        check(RUNTIME.rnn_init(self.address, address(params), seed))
        return params

    def load(self, path):
        params = numpy.zeros(self.raw.parameter_size, self.dtype)
        check(RUNTIME.rnn_load(self.address, os.fsencode(path), address(params)))
        return params

    def save(self, path, params):
        check(RUNTIME.rnn_save(self.address, os.fsencode(path), address(params)))

    def views(self, flat):
        """The parameters, or gradients, in a flat vector, by name."""
        return {n: flat[t.offset : t.offset + t.size].reshape(t.shape) for n, t in self.parameters.items()}

    def zero_state(self, batch):
        return aligned(batch * self.record, self.dtype).reshape(batch, self.record)

    def reset(self, params, batch):
        state = self.zero_state(batch)
        check(RUNTIME.rnn_reset(self.address, address(params), address(state), batch))
        return state

    def state_views(self, records):
        return {n: records[:, t.offset : t.offset + t.size] for n, t in self.states.items()}

    def random_params(self, rng, scale=0.4):
        return (rng.standard_normal(self.raw.parameter_size) * scale).astype(self.dtype)

    def random_state(self, rng, batch):
        state = self.zero_state(batch)
        state[:] = rng.standard_normal(state.shape)
        return state

    def random_data(self, rng, steps, batch):
        """Inputs and targets of a call, by name."""
        return {
            name: rng.integers(0, tensor.vocabulary, tensor.in_batch(steps, batch)).astype(numpy.int32)
            if tensor.dtype == numpy.int32
            else rng.standard_normal(tensor.in_batch(steps, batch)).astype(tensor.dtype)
            for name, tensor in (*self.inputs.items(), *self.targets.items())
        }


class Call:
    """The buffers of one call. `state` (records, or None) is read and written."""

    def __init__(self, model, data, state=None, gradients=False):
        self.model, self.data, self.state = model, data, state
        tensors = {**model.inputs, **model.targets}
        for name, array in data.items():
            assert array.flags.c_contiguous and array.dtype == tensors[name].dtype, name
        steps, batch = self.sizes(tensors)
        self.outputs = {n: numpy.zeros(t.in_batch(steps, batch), t.dtype) for n, t in model.outputs.items()}
        self.loss = numpy.zeros(1)
        self.metrics = numpy.zeros(len(model.metrics))
        self.gradient = self.input_gradients = self.state_gradient = None
        inputs = [data[name] for name in model.inputs]
        if gradients:
            self.gradient = numpy.zeros(model.raw.parameter_size, model.dtype)
            self.input_gradients = {
                n: numpy.zeros_like(data[n]) for n, t in model.inputs.items() if t.dtype == model.dtype
            }
            self.state_gradient = model.zero_state(batch)
        wanted = [self.input_gradients.get(n) if gradients else None for n in model.inputs]
        self.kept = [
            (i64 * 1)(steps), addresses(inputs), addresses([data[n] for n in model.targets if n in data]),
            addresses(list(self.outputs.values())), addresses(wanted),
        ]
        axes, inputs, targets, outputs, input_gradients = map(ctypes.addressof, self.kept)
        self.raw = CCall(
            ctypes.sizeof(CCall), batch, axes, inputs, targets, outputs, address(state), address(self.loss),
            address(self.metrics), address(self.gradient), input_gradients, address(self.state_gradient), None,
        )
        self.address = ctypes.addressof(self.raw)

    def sizes(self, tensors):
        steps, batch = 1, None
        for name, array in self.data.items():
            if tensors[name].axis >= 0:
                steps, batch = array.shape[:2]
            else:
                batch = array.shape[0]
        return steps, batch

    def gradients(self):
        """Copies of all gradients by name."""
        found = {**self.model.views(self.gradient), **self.input_gradients}
        found.update(self.model.state_views(self.state_gradient))
        return {name: value.copy() for name, value in found.items()}


class Plan:
    def __init__(self, model, steps, batch=1, gemm="auto", chunk=0, functions=0):
        self.model = model
        options = COptions(batch=batch, gemm={"auto": 0, "generated": 1}[gemm], functions=functions, chunk=chunk)
        options.axes[0] = steps
        self.handle = pointer()
        check(RUNTIME.rnn_plan_create(model.address, ctypes.addressof(options), ctypes.addressof(self.handle)))

    def __del__(self):
        RUNTIME.rnn_plan_destroy(self.handle)

    def pack(self, params):
        check(RUNTIME.rnn_plan_pack(self.handle, address(params)))

    def run_forward(self, call):
        check(RUNTIME.rnn_forward(self.handle, call.address))

    def run_loss(self, call):
        check(RUNTIME.rnn_loss(self.handle, call.address))
        return call.loss[0]

    def run_gradient(self, params, call):
        check(RUNTIME.rnn_gradient(self.handle, address(params), call.address))
        return call.loss[0]

    def forward(self, params, data, state=None):
        """Packs and runs; the outputs by name. `state` is left at the final one."""
        call = Call(self.model, {n: data[n] for n in self.model.inputs}, state)
        self.pack(params)
        self.run_forward(call)
        return call.outputs

    def gradient(self, params, data, state=None):
        """The loss and all gradients by name."""
        call = Call(self.model, data, state, gradients=True)
        return self.run_gradient(params, call), call.gradients()


class Stream:
    """The step function, which needs no plan; batch 1."""

    def __init__(self, model, params):
        self.model, self.raw = model, model.stream
        self.inputs = [list(model.inputs.values())[i] for i in self.raw.inputs[: self.raw.input_count]]
        self.outputs = [list(model.outputs.values())[i] for i in self.raw.outputs[: self.raw.output_count]]
        self.panels = aligned(self.raw.panels_bytes, numpy.uint8)
        self.state = model.zero_state(1)
        self.params = params
        check(self.raw.pack(address(params), address(self.panels)))
        self.reset()

    def reset(self):
        check(self.raw.reset(address(self.params), address(self.state)))

    def step(self, **inputs):
        given = [numpy.ascontiguousarray(inputs[t.name], t.dtype).reshape(t.shape) for t in self.inputs]
        results = {t.name: numpy.zeros(t.shape, t.dtype) for t in self.outputs}
        read, written = addresses(given), addresses(list(results.values()))
        check(self.raw.step(address(self.panels), address(self.state), read, written))
        return results


class Trainer:
    """The runtime's trainer on a text, batch by batch; its memory can be set."""

    def __init__(self, model, text, method, rate, clip_value, batch, window):
        self.handle = RUNTIME.rnn_test_trainer_create(
            model.address, text, len(text), method.encode(), rate, clip_value, batch, window
        )
        if not self.handle:
            raise RuntimeFailure(None, RUNTIME.rnn_last_error().decode())
        self.params = self.view("params", model.raw.parameter_size, model.dtype)
        self.memory = self.view("memory", model.raw.parameter_size, model.dtype)
        self.state = self.view("state", batch * model.record, model.dtype).reshape(batch, model.record)

    def view(self, name, count, dtype):
        where = getattr(RUNTIME, "rnn_test_trainer_" + name)(self.handle)
        raw = (ctypes.c_char * (count * dtype.itemsize)).from_address(where)
        return numpy.frombuffer(raw, dtype)

    def step(self):
        loss = ctypes.c_double()
        check(RUNTIME.rnn_test_trainer_step(self.handle, ctypes.addressof(loss)))
        return loss.value

    @property
    def position(self):
        return RUNTIME.rnn_test_trainer_position(self.handle)


def compile_model(source, folder, model=None, sizes=None, element_type="f64", options=()):
    """Compiles a model of a .rnn file into `folder`."""
    sizes = sizes or {}
    parts = [model or os.path.basename(source), element_type, *(f"{k}{v}" for k, v in sizes.items()), *options]
    path = os.path.join(folder, "-".join(parts).replace("/", "_") + ".so")
    command = ["rnnc", source, "--emit=so", "-o", path, f"--element-type={element_type}", *options]
    command += [f"--model={model}"] if model else []
    for name, value in sizes.items():
        command += ["-D", f"{name}={value}"]
    subprocess.run(command, check=True)
    symbols = subprocess.run(["nm", "-D", "--defined-only", path], check=True, capture_output=True, text=True).stdout
    (symbol,) = [line.split()[-1] for line in symbols.splitlines() if line.split()[-2] in "DR"]
    return Model(path, symbol)


def source(name):
    """A file of the tests' models."""
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), "models", name)
