p=$(printf "deeper/%.0s" $(seq 40)); mkdir -p $p; echo x >$p/f
