"""The structures and functions of rnn.h, for ctypes."""

import ctypes
import os

AXES, RANK, FUNCTIONS = 4, 4, 6
CLASSES = 5 * AXES + 3
FORWARD, LOSS, GRADIENT, TANGENT, GAUSS_NEWTON, ENCODE = range(6)
NAMES = ("forward", "loss", "gradient", "tangent", "gauss_newton", "encode")
TRAINING = 1
TEAM, SLICES, WAVE = 1, 2, 4
WAVE_AUTO, WAVE_ALWAYS, WAVE_NEVER = range(3)
(OK, ARGUMENT, TOKEN, CAPACITY, UNSUPPORTED, MEMORY, CPU, VERSION, FILE, MISMATCH, NOT_PACKED, LIBRARY) = range(12)

pointer = ctypes.c_void_p
i32, u32, i64, u64 = ctypes.c_int32, ctypes.c_uint32, ctypes.c_int64, ctypes.c_uint64
f64 = ctypes.c_double


def structure(name, /, **fields):
    return type(name, (ctypes.Structure,), {"_fields_": list(fields.items())})


CTensor = structure(
    "CTensor", name=ctypes.c_char_p, type=u32, rank=u32, shape=i64 * RANK, axis=i32, vocabulary=i32,
    offset=u64, size=u64, init=ctypes.c_char_p, init_args=f64 * 2, frozen=u32, reserved=u32,
)
CCall = structure(
    "CCall", struct_size=u32, batch=i64, axes=pointer, inputs=pointer, targets=pointer, outputs=pointer,
    state=pointer, loss=pointer, metrics=pointer, gradient=pointer, input_gradients=pointer,
    state_gradient=pointer, lengths=pointer, seed=u64, flags=u32, reserved=u32, direction=pointer,
    output_tangents=pointer, loss_tangent=pointer, damping=f64, stream_state=pointer,
)
CSite = structure("CSite", n=i64, k=i64, axis=i32, reserved=i32)
CFunction = structure(
    "CFunction", struct_size=u32, run=pointer, pack=pointer, packed_bytes=u64,
    arena_coefficients=u64 * CLASSES, sites=ctypes.POINTER(CSite), site_count=u64,
    checkpoint_mode=u32, flags=u32, checkpoint_interval=i64, stages=pointer, stage_count=u64,
)
CStream = structure(
    "CStream", struct_size=u32, panels_bytes=u64, state_bytes=u64,
    pack=ctypes.CFUNCTYPE(i32, pointer, pointer),
    reset=ctypes.CFUNCTYPE(i32, pointer, pointer),
    step=ctypes.CFUNCTYPE(i32, pointer, pointer, pointer, pointer),
    inputs=ctypes.POINTER(u32), input_count=u64, outputs=ctypes.POINTER(u32), output_count=u64,
    starts=ctypes.POINTER(i32),
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
    reset=pointer, embedded_weights=pointer, embedded_bytes=u64, weight_type=u32, reserved=u32,
)
COptions = structure(
    "COptions", axes=i64 * AXES, batch=i64, threads=i32, gemm=i32, functions=u32, slices=i32, chunk=i64,
    parallel=pointer, parallel_context=pointer, wave=i32, reserved=i32,
)


def load_library():
    library = ctypes.CDLL(os.environ["RNN_TEST_LIBRARY"])
    for name, arguments in {
        "plan_create": [pointer, pointer, pointer],
        "plan_destroy": [pointer],
        "plan_pack": [pointer, pointer],
        "forward": [pointer, pointer],
        "loss": [pointer, pointer],
        "gradient": [pointer, pointer, pointer],
        "tangent": [pointer, pointer, pointer],
        "gauss_newton": [pointer, pointer, pointer],
        "encode": [pointer, pointer],
        "init": [pointer, pointer, u64],
        "load": [pointer, ctypes.c_char_p, pointer],
        "save": [pointer, ctypes.c_char_p, pointer],
        "reset": [pointer, pointer, pointer, i64],
        "test_trainer_create": [pointer, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, f64, f64, i64, i64],
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
