# Changes a small tree in every way that makes overlayfs work: random_changes.sh SEED
RANDOM=$1
pick() { echo "d$((RANDOM % 3))/e$((RANDOM % 3))"; }
is_dir() { [ -d "$1" ] && [ ! -L "$1" ]; }
for i in $(seq 30); do
    p=$(pick)
    parent=${p%/*}
    is_dir "$parent" || { rm -rf "$parent"; mkdir "$parent"; }
    case $((RANDOM % 9)) in
        0) rm -rf "$p" ;;
        1) rm -rf "$parent"; mkdir "$parent" ;;
        2) rm -rf "$p"; echo "$i" > "$p" ;;
        3) rm -rf "$p"; ln -s "../d$((RANDOM % 3))" "$p" ;;
        4) ! is_dir "$p" || chmod "0$((RANDOM % 8))55" "$p" ;;
        5) ! is_dir "$p" || mv -T "$p" "$parent/moved$i" ;;
        6) rm -rf "$parent"; ln -s d0 "$parent" ;;
        *) is_dir "$p" || { rm -rf "$p"; mkdir "$p"; }
           echo "$i-$1" > "$p/f$((RANDOM % 4))" ;;
    esac
done
