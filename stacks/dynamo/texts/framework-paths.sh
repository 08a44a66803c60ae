# Login shells find the engine's programs and libraries: of these folders, those that exist.
_dynamo_front() { # _dynamo_front VARIABLE FOLDER...
    _dynamo_name=$1
    shift
    for _dynamo_folder; do
        [ -d "$_dynamo_folder" ] || continue
        eval "_dynamo_value=\${$_dynamo_name:-}"
        case ":$_dynamo_value:" in *":$_dynamo_folder:"*) continue ;; esac
        eval "export $_dynamo_name=\$_dynamo_folder\${_dynamo_value:+:\$_dynamo_value}"
    done
}
_dynamo_front LD_LIBRARY_PATH /usr/local/tensorrt/targets/*-linux-gnu/lib /opt/hpcx/ompi/lib /opt/hpcx/ucc/lib \
    /usr/lib/*-linux-gnu/nvshmem/13 /opt/dynamo/venv/lib/python3*/site-packages/torch_tensorrt/lib
_dynamo_front PATH /usr/local/cuda/nvvm/bin /usr/local/cuda/bin /usr/local/ucx/bin /opt/hpcx/ompi/bin \
    /usr/local/bin/etcd /usr/local/rust/bin /opt/dynamo/venv/bin "${CARGO_HOME:-/usr/local/cargo}/bin"
[ ! -d /opt/tools/bin ] || PATH=$PATH:/opt/tools/bin
[ ! -f /etc/shinit_v2 ] || export ENV=/etc/shinit_v2
unset -f _dynamo_front
unset _dynamo_name _dynamo_folder _dynamo_value
