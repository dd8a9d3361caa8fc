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

import rnn_abi
from rnn_abi import CCall, CModel, COptions, CTensor, f64, i64, pointer


class RuntimeFailure(Exception):
    def __init__(self, status, text):
        super().__init__(f"status {status}: {text}")
        self.status, self.text = status, text


RUNTIME = rnn_abi.load_library()


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


def of_axis(steps, axis):
    return steps[axis] if isinstance(steps, (tuple, list)) else steps


class Tensor:
    def __init__(self, raw, element):
        self.name = raw.name.decode()
        self.shape = tuple(raw.shape[: raw.rank])
        self.axis, self.vocabulary = raw.axis, raw.vocabulary
        self.offset, self.size = raw.offset, raw.size
        self.dtype = numpy.int32 if raw.type == 2 else element
        self.init = raw.init.decode() if raw.init else None
        self.frozen = bool(raw.frozen)

    def in_batch(self, steps, batch):
        """The shape of its array; `steps` is one number or one an axis."""
        # A token has the shape [1], which its array does not show.
        features = () if self.dtype == numpy.int32 else self.shape
        return ((of_axis(steps, self.axis),) if self.axis >= 0 else ()) + (batch,) + features


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
        self.axes = [raw.axes[i].decode() for i in range(raw.axis_count)]
        self.metrics = [raw.metrics[i].decode() for i in range(raw.metric_count)]
        found = {name: function.contents for name, function in zip(rnn_abi.NAMES, raw.functions) if function}
        self.functions = list(found)
        self.sliced = [name for name, function in found.items() if function.flags & rnn_abi.SLICES]
        self.waving = [name for name, function in found.items() if function.flags & rnn_abi.WAVE]
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
    """The buffers of one call. `state` (records, or None) is read and written.

    `lengths` is an array [B] for the only axis, or a list of one an axis (None:
    all steps). With `direction`, a vector of the parameters' layout, the
    tangents of outputs and loss have their places too; with `seed` the call
    trains: dropout is on.
    """

    def __init__(self, model, data, state=None, gradients=False, lengths=None, direction=None, seed=None,
                 damping=0.0):
        self.model, self.data, self.state, self.direction = model, data, state, direction
        tensors = {**model.inputs, **model.targets}
        for name, array in data.items():
            assert array.flags.c_contiguous and array.dtype == tensors[name].dtype, name
        steps, batch = self.sizes(tensors)
        self.outputs = self.of_outputs(steps, batch)
        self.loss, self.loss_tangent = numpy.zeros(1), numpy.zeros(1)
        self.metrics = numpy.zeros(len(model.metrics))
        self.gradient = self.input_gradients = self.state_gradient = self.output_tangents = None
        if gradients:
            self.gradient = numpy.zeros(model.raw.parameter_size, model.dtype)
            self.input_gradients = {
                n: numpy.zeros_like(data[n]) for n, t in model.inputs.items() if t.dtype == model.dtype
            }
            self.state_gradient = model.zero_state(batch)
        if direction is not None:
            self.output_tangents = self.of_outputs(steps, batch)
        self.lengths = self.of_axes(lengths, batch)
        self.kept = []
        self.raw = CCall(
            ctypes.sizeof(CCall), batch, self.keep((i64 * len(steps))(*steps)),
            self.pointers([data[name] for name in model.inputs]),
            self.pointers([data[n] for n in model.targets if n in data]),
            self.pointers(self.outputs.values()), address(state), address(self.loss), address(self.metrics),
            address(self.gradient), self.pointers([self.wanted(n) for n in model.inputs]),
            address(self.state_gradient), None if lengths is None else self.pointers(self.lengths),
            seed or 0, 0 if seed is None else rnn_abi.TRAINING, 0, address(direction),
            self.pointers(self.output_tangents.values() if self.output_tangents else []),
            address(self.loss_tangent), damping, None,
        )
        self.address = ctypes.addressof(self.raw)

    def keep(self, array):
        self.kept.append(array)
        return ctypes.addressof(array)

    def pointers(self, arrays):
        return self.keep(addresses(list(arrays)))

    def wanted(self, name):
        return self.input_gradients.get(name) if self.input_gradients is not None else None

    def of_outputs(self, steps, batch):
        return {n: numpy.zeros(t.in_batch(steps, batch), t.dtype) for n, t in self.model.outputs.items()}

    def of_axes(self, lengths, batch):
        lengths = lengths if isinstance(lengths, list) else [lengths] * len(self.model.axes)
        assert all(a is None or numpy.shape(a) == (batch,) for a in lengths), lengths
        return [None if a is None else numpy.ascontiguousarray(a, numpy.int32) for a in lengths]

    def sizes(self, tensors):
        """Steps of each axis, and the batch; an axis without data has one step."""
        steps, batch = [1] * max(len(self.model.axes), 1), None
        for name, array in self.data.items():
            axis = tensors[name].axis
            if axis >= 0:
                steps[axis] = array.shape[0]
            batch = array.shape[1 if axis >= 0 else 0]
        return steps, batch

    def results(self):
        """All that functions with these options write, but for the state."""
        found = [self.loss, self.metrics, *self.outputs.values()]
        if self.gradient is not None:
            found += [self.gradient, self.state_gradient, *self.input_gradients.values()]
        if self.direction is not None:
            found += [self.loss_tangent, *self.output_tangents.values()]
        return found

    def gradients(self):
        """Copies of all gradients by name."""
        found = {**self.model.views(self.gradient), **self.input_gradients}
        found.update(self.model.state_views(self.state_gradient))
        return {name: value.copy() for name, value in found.items()}


class Plan:
    """Runs calls of up to `steps` (a number, or one an axis) and `batch`."""

    def __init__(self, model, steps, batch=1, gemm="auto", chunk=0, functions=0, threads=1, slices=0,
                 wave=rnn_abi.WAVE_AUTO):
        self.model = model
        options = COptions(batch=batch, gemm=["auto", "generated", "library"].index(gemm), functions=functions,
                           chunk=chunk, threads=threads, slices=slices, wave=wave)
        for axis in range(len(model.axes)):
            options.axes[axis] = of_axis(steps, axis)
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

    def run_tangent(self, params, call):
        check(RUNTIME.rnn_tangent(self.handle, address(params), call.address))
        return call.loss_tangent[0]

    def run_gauss_newton(self, params, call):
        check(RUNTIME.rnn_gauss_newton(self.handle, address(params), call.address))

    def forward(self, params, data, state=None, **options):
        """Packs and runs; the outputs by name. `state` is left at the final one."""
        call = Call(self.model, {n: data[n] for n in self.model.inputs}, state, **options)
        self.pack(params)
        self.run_forward(call)
        return call.outputs

    def gradient(self, params, data, state=None, **options):
        """The loss and all gradients by name."""
        call = Call(self.model, data, state, gradients=True, **options)
        return self.run_gradient(params, call), call.gradients()

    def encode(self, params, data, **options):
        """Records of the stream [B, ...], begun from the inputs that it is not fed."""
        call = Call(self.model, {n: data[n] for n in self.model.inputs}, **options)
        size = self.model.stream.state_bytes // self.model.dtype.itemsize
        records = aligned(call.raw.batch * size, self.model.dtype).reshape(call.raw.batch, size)
        call.raw.stream_state = address(records)
        self.pack(params)
        check(RUNTIME.rnn_encode(self.handle, call.address))
        return records


class Stream:
    """The step function, which needs no plan; batch 1.

    `record` begins it where `Plan.encode` has been; else reset does.
    """

    def __init__(self, model, params, record=None):
        self.model, self.raw = model, model.stream
        self.inputs = [list(model.inputs.values())[i] for i in self.raw.inputs[: self.raw.input_count]]
        self.outputs = [list(model.outputs.values())[i] for i in self.raw.outputs[: self.raw.output_count]]
        starts = self.raw.starts
        self.starts = list(starts[: len(self.inputs)]) if starts else [-1] * len(self.inputs)
        self.panels = aligned(self.raw.panels_bytes, numpy.uint8)
        size = self.raw.state_bytes // model.dtype.itemsize
        self.state = aligned(size, model.dtype).reshape(1, size)
        self.params = params
        check(self.raw.pack(address(params), address(self.panels)))
        if record is None:
            self.reset()
        else:
            self.state[:] = record

    def reset(self):
        if self.raw.reset:  # A step without states has nothing to begin.
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
        loss = f64()
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
